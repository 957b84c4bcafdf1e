// SPDX-License-Identifier: Apache-2.0

import Glibc
import SharedArena

// Forks processes that work on an arena until they are killed at one labelled step of a change,
// then looks for what they broke. The steps are there in debug builds only.
//
//     arena-storm DIRECTORY KILLS [LABEL...]
//
// Prints a line for each label; exits with 1 when something was broken, or when a label was not
// reached often enough.

#if DEBUG
  let arguments = CommandLine.arguments.dropFirst()
  guard let directory = arguments.first,
    let kills = arguments.dropFirst().first.flatMap({ Int($0) })
  else {
    print("usage: arena-storm DIRECTORY KILLS [LABEL...]")
    exit(2)
  }
  let wanted = Set(arguments.dropFirst(2))
  var isWhole = true
  for point in CrashPoint.allCases where wanted.isEmpty || wanted.contains("\(point)") {
    for role in Storm.Role.allCases {
      var storm = Storm(point, role, at: "\(directory)/\(point)-\(role)")
      storm.run(kills: kills)
      print(storm.report)
      fflush(nil)
      if !storm.problems.isEmpty || storm.killCount < kills { isWhole = false }
    }
  }
  exit(isWhole ? 0 : 1)
#else
  print("arena-storm needs a debug build")
  exit(2)
#endif
