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
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: ArgumentHelp("The first value; zero when left out.", valueName: "value"))
  var initial: String?
  @Option(help: ArgumentHelp("Up to 64 bytes about the register.", valueName: "text"))
  var label: String?
  @Option(
    help: ArgumentHelp("A number to remove it by, together with others.", valueName: "tag"))
  var owner: OwnerTag?
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
    var first: UInt128 = 0
    if let initial {
      do throws(ValueError) {
        first = try type.parse(initial)
      } catch {
        throw ClientError.usage(sentence(error))
      }
    }
    let client = try common.connect()
    let made = try client.create(
      name, type, initial: first, label: label ?? "", ownerTag: owner?.number ?? 0)
    let info = try client.info(named: name)
    if common.json {
      output.line(DescriptionText(info).json)
    } else {
      let value = info.type.format(info.value)
      output.line("\(made.created ? "created" : "exists") \(info.name) \(info.type.name) \(value)")
    }
    return .ok
  }
}
