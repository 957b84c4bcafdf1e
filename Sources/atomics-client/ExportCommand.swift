// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient

struct ExportCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print registers as JSON Lines, for `import` and for people.",
    discussion: """
      A line for each register: name, type and value, and where they are set label,
      owner and restore_gap. Values are text. Works over any server, also one of
      another version; each value is one that its register had meanwhile.

      EXAMPLES:
        atomics-client export > all.jsonl
        atomics-client export --prefix jobs. | atomics-client import --server shm:
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("What the names begin with.", valueName: "prefix"))
  var prefix = ""

  func run(_ output: Output) throws -> Outcome {
    let client = try common.connect()
    var cursor: UInt64? = 0
    while let start = cursor, output.failure == nil {
      let page = try client.list(prefix: prefix, from: start, limit: 1000)
      for listed in page.registers {
        do throws(ClientError) {
          output.line(DescriptionText(try client.info(named: listed.name)).json)
        } catch .notFound {
          // Deleted since it was listed.
        }
      }
      cursor = page.next
    }
    return .ok
  }
}
