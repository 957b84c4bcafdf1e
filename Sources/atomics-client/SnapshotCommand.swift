// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText

struct SnapshotCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Save the registers of an arena, and bring them back.",
    discussion: """
      Works on an arena of this machine: the one that --server shm:PATH names, or
      $ATOMICS_SERVER, else the default one. `save` needs no server and stops none.
      `restore` makes what is missing, through the server where there is one. A
      server with snapshot_interval_seconds or snapshot_at_shutdown does both by
      itself.

      EXAMPLES:
        atomics-client snapshot save all.snapshot
        atomics-client snapshot inspect all.snapshot --long
        atomics-client snapshot restore all.snapshot --server shm:/run/atomics/jobs
      """,
    subcommands: [
      SnapshotSaveCommand.self, SnapshotRestoreCommand.self, SnapshotInspectCommand.self,
    ])

  func run(_ output: Output) throws -> Outcome {
    throw ClientError.usage("Say which: snapshot save|restore|inspect FILE.")
  }
}

extension CommonOptions {
  /// The snapshots of the arena that `--server shm:PATH` names, else of the default one.
  func snapshots() throws(ClientError) -> ArenaSnapshots {
    ArenaSnapshots(
      ofArenaAt: try arenaPath(),
      options: try options())
  }
}

struct SnapshotSaveCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Save every register of an arena to a file.",
    discussion: """
      What the file held before is kept as FILE.previous. Each value is one that its
      register had during the save; together they need not be those of one moment.

      EXAMPLE:
        atomics-client snapshot save all.snapshot
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The file; its directory must exist.")
  var file: String

  func run(_ output: Output) throws -> Outcome {
    let count = try common.snapshots().save(to: file)
    if common.json {
      var object = JSONWriter.object()
      object.member("file", file)
      object.member("registers", count)
      output.line(object.line)
    } else {
      output.line("saved \(count) registers to \(file)")
    }
    return .ok
  }
}

struct SnapshotRestoreCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make the registers of a snapshot that are missing.",
    discussion: """
      Each gets the saved value plus its restore gap. A register that exists is left
      alone, or with --overwrite gets the same: the saved value plus its restore gap,
      also where that is less than what it holds. One that exists with another type,
      or has a restore gap and is refused by a server without snapshots, is reported,
      and the exit code is then 1. Where FILE is damaged FILE.previous is taken.

      EXAMPLE:
        atomics-client snapshot restore all.snapshot --overwrite
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "Give registers that exist the saved value plus their gap.")
  var overwrite = false
  @Argument(help: "The file.")
  var file: String

  func run(_ output: Output) throws -> Outcome {
    let done = try common.snapshots().restore(from: file, overwriting: overwrite)
    if let damage = done.damage {
      output.complain("\(file) \(damage); \(done.file) was restored instead.")
    }
    for conflict in done.conflicts { output.complain(conflict) }
    if done.conflictCount > done.conflicts.count {
      output.complain("\(done.conflictCount - done.conflicts.count) more were left alone.")
    }
    if common.json {
      var object = JSONWriter.object()
      object.member("file", done.file)
      object.member("created", done.created)
      object.member("kept", done.kept)
      object.member("overwritten", done.overwritten)
      object.member("conflicts", done.conflictCount)
      output.line(object.line)
    } else {
      output.line(
        "created \(done.created), overwrote \(done.overwritten), left alone "
          + "\(done.kept + done.conflictCount)")
    }
    return done.conflictCount == 0 ? .ok : .no
  }
}
