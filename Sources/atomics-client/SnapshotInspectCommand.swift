// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText

struct SnapshotInspectCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Tell what a snapshot holds, and whether it is whole.",
    discussion: """
      Reads the file to its end. With -l every register too. The exit code is 1
      where the file is damaged.

      EXAMPLE:
        atomics-client snapshot inspect all.snapshot -l
      """)

  @OptionGroup var common: CommonOptions
  @Flag(name: [.short, .long], help: "Show the registers: type, value, name and label.")
  var long = false
  @Argument(help: "The file.")
  var file: String

  func run(_ output: Output) throws -> Outcome {
    let snapshot = try SnapshotInspection(of: file)
    if common.json { return runJSON(snapshot, output) }
    output.line("version     \(snapshot.version)")
    output.line("arena_uuid  \(Self.text(snapshot.arenaUUID))")
    output.line("boot_epoch  \(snapshot.bootEpoch)")
    output.line("time        \(DescriptionText.date(snapshot.unixNanoseconds))")
    let (count, damage) = read(snapshot) { if long { output.line(DescriptionText($0).row) } }
    output.line("registers   \(count)")
    output.line("whole       \(damage == nil ? "yes" : "no")")
    if let damage { output.complain(sentence(damage)) }
    return damage == nil ? .ok : .no
  }

  private func runJSON(_ snapshot: SnapshotInspection, _ output: Output) -> Outcome {
    var object = JSONWriter.object()
    object.member("file", file)
    object.member("version", snapshot.version)
    object.member("arena_uuid", Self.text(snapshot.arenaUUID))
    object.member("boot_epoch", snapshot.bootEpoch)
    object.member("time", DescriptionText.date(snapshot.unixNanoseconds))
    // Without the brace: the registers may be too many to be kept.
    output.text(String(object.line.dropLast()))
    if long { output.text(",\"entries\":[") }
    var isFirst = true
    let (count, damage) = read(snapshot) { register in
      guard long else { return }
      output.text((isFirst ? "" : ",") + DescriptionText(register).json)
      isFirst = false
    }
    if long { output.text("]") }
    var rest = JSONWriter.object()
    rest.member("registers", count)
    rest.member("whole", damage == nil)
    if let damage { rest.member("damage", sentence(damage)) }
    output.line("," + rest.line.dropFirst())
    return damage == nil ? .ok : .no
  }

  private func read(
    _ snapshot: SnapshotInspection, _ body: (RegisterDescription) -> Void
  ) -> (count: Int, damage: ClientError?) {
    var count = 0
    do throws(ClientError) {
      while let registers = try snapshot.nextRegisters() {
        count += registers.count
        for register in registers { body(register) }
      }
      return (count, nil)
    } catch {
      return (count, error)
    }
  }

  /// As `arena_uuid` in the server's capabilities: the bytes in memory order.
  private static func text(_ uuid: UInt128) -> String {
    var text = ""
    for byte in 0..<16 {
      let value = UInt8(truncatingIfNeeded: uuid >> UInt128(8 * byte))
      text += (value < 16 ? "0" : "") + String(value, radix: 16)
      if [3, 5, 7, 9].contains(byte) { text += "-" }
    }
    return text
  }
}
