// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a report says of the machine that it was made on.
enum MachineDescription {
  /// The processor's model as the kernel names it.
  static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("model name") {
      let name = line.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)
      if !name.isEmpty { return name }
    }
    return "unknown processor"
  }

  static var processorCount: Int { ProcessInfo.processInfo.processorCount }

  /// Now, in UTC, to the second.
  static var date: String { Date.now.formatted(.iso8601) }
}
