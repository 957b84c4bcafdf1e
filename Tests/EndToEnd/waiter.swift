// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Glibc
import SharedArena

/// Waits until a register has a value of at least LEAST, and prints it.
///
///     waiter ARENA NAME LEAST
@main
struct Waiter {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count == 4, let least = UInt128(words[3]) else { exit(2) }
    let arena = try Arena.open(at: words[1])
    guard let register = arena.find(named: words[2]) else { exit(1) }
    say("ready")
    switch try arena.wait(on: register, until: { $0 >= least }, timeout: .seconds(20)) {
    case .satisfied(let value): say("\(value)")
    case .timedOut: say("TIMED_OUT")
    case .deleted: say("DELETED")
    }
  }

  private static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
