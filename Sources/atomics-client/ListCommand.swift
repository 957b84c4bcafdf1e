// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient

struct ListCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List registers, all or those whose names begin with a prefix.",
    discussion: """
      Prints a name a line; with -l type, value, name and label.

      EXAMPLES:
        atomics-client ls
        atomics-client ls jobs. -l
      """)

  @OptionGroup var common: CommonOptions
  @Flag(name: [.short, .long], help: "Show type, value and label too.")
  var long = false
  @Argument(help: "What the names begin with.")
  var prefix = ""

  func run(_ output: Output) throws -> Outcome {
    let client = try common.connect()
    var cursor: UInt64 = 0
    var isFirst = true
    if common.json { output.text("{\"registers\":[") }
    repeat {
      let page = try client.list(prefix: prefix, from: cursor, limit: 100)
      for register in page.registers {
        let text = DescriptionText(register)
        if common.json {
          output.text((isFirst ? "" : ",") + text.listJSON)
        } else {
          output.line(long ? text.row : register.name)
        }
        isFirst = false
      }
      cursor = page.next ?? 0
    } while cursor != 0
    if common.json { output.line("]}") }
    return .ok
  }
}
