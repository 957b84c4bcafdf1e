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

      With --owner it deletes all registers that were created with this tag by the
      same user, and prints how many; the exit code is 0 also where there are none.
      Over TCP that user is the server's own.

      EXAMPLES:
        atomics-client rm hits misses
        atomics-client rm --owner 42
      """)

  @OptionGroup var common: CommonOptions
  @Option(
    help: ArgumentHelp("Delete all with this tag instead; not 0.", valueName: "tag"))
  var owner: OwnerTag?
  @Argument(help: "Which registers.")
  var names: [String] = []

  func validate() throws {
    guard names.isEmpty || owner == nil else {
      throw ValidationError("rm takes names or --owner, not both.")
    }
    guard !names.isEmpty || owner != nil else {
      throw ValidationError("rm takes the names of registers, or --owner.")
    }
  }

  func run(_ output: Output) throws -> Outcome {
    let client = try common.connect()
    if let owner { return try removeAll(ownedBy: owner.number, client, output) }
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

  private func removeAll(
    ownedBy tag: UInt64, _ client: BlockingClient, _ output: Output
  ) throws -> Outcome {
    var count = 0
    var cursor: UInt64? = 0
    do {
      while let from = cursor {
        let part = try client.deleteOwned(tag: tag, from: from)
        count += part.count
        cursor = part.next
      }
    } catch {
      // The rest stays, and these are gone.
      if count > 0 { tell(count, deletedOf: tag, output) }
      throw error
    }
    tell(count, deletedOf: tag, output)
    return .ok
  }

  private func tell(_ count: Int, deletedOf tag: UInt64, _ output: Output) {
    if common.json {
      var object = JSONWriter.object()
      object.member("owner", String(tag))
      object.member("deleted", count)
      output.line(object.line)
    } else {
      output.line("deleted \(count)")
    }
  }
}
