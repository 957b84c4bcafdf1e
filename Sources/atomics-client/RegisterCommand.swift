// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A verb: runs against the server its options name, prints, and says how it went.
protocol RegisterCommand: ParsableCommand {
  func run(_ output: Output) throws -> Outcome
}

/// What the exit code tells the shell.
enum Outcome: Int32 {
  case ok = 0
  /// The comparison was false, or there is no such register.
  case no = 1
  case usage = 2
  /// No connection, or an output that cannot be written.
  case connection = 3
  /// The server does not know who asks, or the rules do not allow it.
  case denied = 4
  /// The time of a wait was up.
  case late = 5
  /// The user ended a wait or a measurement.
  case interrupted = 130
}
