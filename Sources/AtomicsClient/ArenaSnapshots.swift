// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena

/// Snapshots of an arena on this machine, which is mapped for it.
public struct ArenaSnapshots: Sendable {
  private let registers: LocalRegisters

  /// - Parameter path: The arena's directory; nil is the caller's default arena.
  public init(ofArenaAt path: String?, options: ClientOptions = ClientOptions()) {
    registers = LocalRegisters(path: path, options: options)
  }

  /// Saves every register to `file`. What was there is kept as `file.previous`.
  ///
  /// Each value is one that its register had during the call; together they need not be those of
  /// one moment.
  ///
  /// - Returns: How many registers were saved.
  public func save(to file: String) throws(ClientError) -> UInt64 {
    let arena = try registers.arena()
    do throws(ArenaError) {
      return try arena.snapshot(to: file).registerCount
    } catch {
      throw ClientError(error)
    }
  }

  /// Makes the registers of a snapshot that are missing, each with the saved value plus its
  /// restore gap. An arena that is missing is made; a server that holds the directory is asked.
  ///
  /// - Parameter overwriting: Whether registers that exist get the saved value too.
  /// - Throws: ``ClientError/snapshot(_:)`` for a file that cannot be used; what was restored
  ///   before another error stays.
  public func restore(
    from file: String, overwriting: Bool = false
  ) throws(ClientError) -> SnapshotRestoration {
    SnapshotRestoration(try registers.restore(from: file, overwriting: overwriting))
  }
}

/// What a restore did.
public struct SnapshotRestoration: Equatable, Sendable {
  /// The file that was restored.
  public var file: String
  /// What is wrong with the newest snapshot, where the one before it was taken.
  public var damage: String?
  public var created: Int
  /// Registers that existed and were left alone.
  public var kept: Int
  public var overwritten: Int
  /// How many registers exist with another type and were left alone, or were refused by a server
  /// that takes no snapshots, for their restore gap.
  public var conflictCount: Int
  /// A sentence for each of the first hundred of them.
  public var conflicts: [String]

  init(_ report: RestoreReport) {
    file = report.snapshot.path
    damage = report.damage.map { "\($0)" }
    created = report.created
    kept = report.kept
    overwritten = report.overwritten
    conflictCount = report.conflictCount
    conflicts = report.conflicts.map { conflict in
      if let existing = conflict.existing {
        return "`\(conflict.name)` was saved as \(conflict.saved.name) and exists as "
          + "\(existing.name)."
      }
      return "`\(conflict.name)` was not made: \(conflict.refusal ?? "")"
    }
  }
}
