// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient

struct InfoCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show all that is known of a register.",
    discussion: """
      Over the binary protocol and the map this is more than HTTP tells: creation
      time, owner, restore gap, generation, slot, and whether it is pinned.

      EXAMPLE:
        atomics-client info hits
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "Which register.")
  var name: String

  func run(_ output: Output) throws -> Outcome {
    let text = DescriptionText(try common.connect().info(named: name))
    if common.json {
      output.line(text.completeJSON)
    } else {
      for line in text.lines { output.line(line) }
    }
    return .ok
  }
}
