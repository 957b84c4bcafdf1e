// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText

struct LocateCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "locate", abstract: "Tell where a register's bytes are, for programs that map it.",
    discussion: """
      Always reads the arena on this machine: the one that --server shm:PATH names,
      or $ATOMICS_SERVER, else the default one. To use the cell safely take a shared
      OFD lock on the byte `lock_byte` of `file`, on the descriptor that you map,
      then run `locate` again: the same file and offset mean the cell is
      safe; use another answer instead.

      Without that lock nothing is promised for longer than the register lives: once
      it is deleted, another register may get the cell, and what you write changes
      that one. --pin keeps the cell out of reuse for ever instead, and needs no
      lock; the register can still be deleted, but the memory of its slot never
      comes back. It takes permission to write the arena's `sock`, or to open its
      `lock`.

      EXAMPLES:
        atomics-client locate hits --json
        atomics-client locate hits --pin
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "Never use the cell for another register.")
  var pin = false
  @Argument(help: "Which register.")
  var name: String

  func run(_ output: Output) throws -> Outcome {
    let place = try RegisterLocation(
      of: name, inArenaAt: try common.arenaPath(), pinning: pin,
      options: try common.options())
    if common.json {
      var object = JSONWriter.object()
      object.member("file", place.file)
      object.member("offset", place.offset)
      object.member("width", place.width)
      object.member("lock_byte", place.lockByte)
      output.line(object.line)
    } else {
      output.line("file       \(place.file)")
      output.line("offset     \(place.offset)")
      output.line("width      \(place.width)")
      output.line("lock_byte  \(place.lockByte)")
    }
    return .ok
  }
}
