// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore

struct CreateCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Create a register, or confirm that it exists.",
    discussion: """
      Prints `created` or `exists`, the name, the type and the value. A register
      that exists with the same type is left as it is; with another type the
      command fails.

      EXAMPLES:
        atomics-client create hits u64
        atomics-client create balance i64 --initial -5 --label "euro cents"
        atomics-client create job.17 u32 --owner 0x2a    `rm --owner 42` removes it
        atomics-client create ticket u64 --restore-gap 1000000

      With a restore gap the value goes on that much above the saved one when a
      snapshot is restored, and the server lets nobody go further between two
      snapshots: no number is given out twice. It needs a server with snapshots,
      and integers. The value does not grow before the first snapshot has it, which
      the server takes at once: try again when it says so. What programs that map the
      arena add between two snapshots the gap must cover too: the server does not see
      it. With --server shm:PATH and no server there the gap is only kept with the
      register: it counts from the next snapshot that a server takes.
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("The first value; zero when left out.", valueName: "value"))
  var initial: String?
  @Option(help: ArgumentHelp("Up to 64 bytes about the register.", valueName: "text"))
  var label: String?
  @Option(
    help: ArgumentHelp("A number to remove it by, together with others.", valueName: "tag"))
  var owner: OwnerTag?
  @Option(
    help: ArgumentHelp("How far the value may go between two snapshots.", valueName: "number"))
  var restoreGap: String?
  @Argument(help: "1 to 128 letters, digits and . _ - / : @")
  var name: String
  @Argument(
    help: "u8 u16 u32 u64 u128, i8 … i128, bytes1 bytes2 bytes4 bytes8 bytes16, f32 f64")
  var type: String

  func run(_ output: Output) throws -> Outcome {
    guard let type = RegisterType(name: type) else {
      let names = RegisterType.all.map(\.name).joined(separator: " ")
      throw ClientError.usage("`\(type)` is no type: use one of \(names).")
    }
    let first = try value(initial, as: type)
    let gap = try value(restoreGap, as: type)
    let client = try common.connect()
    let made = try client.create(
      RegisterPlan(
        name: name, type: type, initial: first, label: label ?? "", ownerTag: owner?.number ?? 0,
        restoreGap: gap))
    let info = try client.info(named: name)
    if common.json {
      output.line(DescriptionText(info).json)
    } else {
      let value = info.type.format(info.value)
      output.line("\(made.created ? "created" : "exists") \(info.name) \(info.type.name) \(value)")
    }
    return .ok
  }

  private func value(_ text: String?, as type: RegisterType) throws(ClientError) -> UInt128 {
    guard let text else { return 0 }
    do throws(ValueError) {
      return try type.parse(text)
    } catch {
      throw ClientError.usage(sentence(error))
    }
  }
}
