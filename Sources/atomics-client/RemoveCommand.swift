// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText

struct RemoveCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Delete registers.",
    discussion: """
      Prints nothing. Names that do not exist are reported, the others deleted,
      and the exit code is then 1.

      EXAMPLE:
        atomics-client rm hits misses
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "Which registers.")
  var names: [String]

  func run(_ output: Output) throws -> Outcome {
    let client = try common.connect()
    var outcome = Outcome.ok
    for name in names {
      var isDeleted = true
      do throws(ClientError) {
        try client.delete(name)
      } catch .notFound {
        isDeleted = false
        outcome = .no
        output.complain(sentence(ClientError.notFound(name: name)))
      }
      if common.json {
        var object = JSONWriter.object()
        object.member("name", name)
        object.member("deleted", isDeleted)
        output.line(object.line)
      }
    }
    return outcome
  }
}
