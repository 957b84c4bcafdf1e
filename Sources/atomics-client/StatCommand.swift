// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient

struct StatCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "stat", abstract: "Show what the arena holds, and who holds it back.",
    discussion: """
      The slot of a deleted register waits for as long as a process is attached
      that could know the register. `stat` shows how many wait, and for each byte
      of `val` that is locked the processes that hold it, as far as they can be
      seen: those of the same user, or all for root. A server names them only over
      the arena's own socket, PATH/sock, and tells others how many there are.

      It also shows what other programs broke in the arena, as its server found it.
      Not over HTTP.

      EXAMPLES:
        atomics-client stat
        atomics-client stat --json --server shm:
      """)

  @OptionGroup var common: CommonOptions

  func run(_ output: Output) throws -> Outcome {
    let text = ReportText(try common.connect().arenaReport())
    if common.json {
      output.line(text.json)
    } else {
      for line in text.lines { output.line(line) }
    }
    return .ok
  }
}
