// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore
import JSONText

struct ImportCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make registers of JSON Lines, as `export` prints them.",
    discussion: """
      A register that exists is left alone, or with --overwrite gets the value. One
      that exists with another type, or has a restore gap and is refused by a server
      without snapshots, is reported, and the exit code is then 1. Blank lines are
      skipped. A line that is no register ends the command: what stands before it is
      done. Restore gaps are kept and not added.

      EXAMPLES:
        atomics-client import all.jsonl
        ssh other atomics-client export | atomics-client import --overwrite
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "Give registers that exist the value.")
  var overwrite = false
  @Argument(help: "The file; standard input when left out.")
  var file: String?

  func run(_ output: Output) throws -> Outcome {
    var lines = try LineReader(file)
    let client = try common.connect()
    var (created, overwritten, kept, conflicts) = (0, 0, 0, 0)
    while let line = try lines.next() {
      if ImportLine.isBlank(line) { continue }
      let register: RegisterDescription
      do throws(ImportLineError) {
        register = try ImportLine.register(line)
      } catch {
        throw ClientError.usage("\(lines.place): \(error).")
      }
      do throws(ClientError) {
        let made = try client.create(
          RegisterPlan(
            name: register.name, type: register.type, initial: register.value,
            label: register.label, ownerTag: register.ownerTag, restoreGap: register.restoreGap))
        if made.created {
          created += 1
        } else if overwrite {
          try Self.store(register, in: made.register, client)
          overwritten += 1
        } else {
          kept += 1
        }
      } catch .rejected("type-mismatch", let text, _) {
        conflicts += 1
        output.complain("\(lines.place): `\(register.name)`: \(text)")
      } catch .rejected("unsupported-operation", let text, _) where register.restoreGap != 0 {
        conflicts += 1
        output.complain("\(lines.place): `\(register.name)`: \(text)")
      } catch .rejected(let code, let text, let applied) {
        throw ClientError.rejected(code: code, text: "\(lines.place): \(text)", applied: applied)
      }
    }
    if common.json {
      var object = JSONWriter.object()
      object.member("created", created)
      object.member("kept", kept)
      object.member("overwritten", overwritten)
      object.member("conflicts", conflicts)
      output.line(object.line)
    } else {
      output.line("created \(created), overwrote \(overwritten), left alone \(kept + conflicts)")
    }
    return conflicts == 0 ? .ok : .no
  }

  private static func store(
    _ register: RegisterDescription, in reference: RegisterReference, _ client: BlockingClient
  ) throws(ClientError) {
    let request: AtomicRequest
    do throws(OperationError) {
      request = try AtomicRequest(.store, on: register.type, operand: register.value)
    } catch {
      throw .usage(sentence(error))
    }
    _ = try client.perform(request, on: reference)
  }
}
