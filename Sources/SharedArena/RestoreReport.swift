// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a restore did.
public struct RestoreReport: Equatable, Sendable {
  /// A register that exists with another type than the saved one, and was left alone; or that could
  /// not be made.
  public struct Conflict: Equatable, Sendable {
    public var name: String
    public var saved: RegisterType
    /// Nil: there is none of the name.
    public var existing: RegisterType?
    /// Why it was not made, where there is none of the name.
    public var refusal: String?
  }

  /// What was restored.
  public var snapshot: SnapshotSummary
  /// What is wrong with the newest snapshot, where the one before it was taken.
  public var damage: SnapshotDamage?
  /// Registers that were made.
  public var created = 0
  /// Registers that existed and were left alone.
  public var kept = 0
  /// Registers that existed and got the saved value.
  public var overwritten = 0
  /// Registers among those made and overwritten that have a restore gap.
  public var withGap = 0
  /// How many registers exist with another type, or could not be made.
  public var conflictCount = 0
  /// The first hundred of them.
  public var conflicts: [Conflict] = []

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot.summary
    damage = snapshot.damage
  }

  mutating func count(_ entry: SnapshotEntry, created: Bool, overwritten: Bool) {
    if created || overwritten, entry.restoreGap != 0 { withGap += 1 }
    if created {
      self.created += 1
    } else if overwritten {
      self.overwritten += 1
    } else {
      kept += 1
    }
  }

  mutating func addConflict(
    _ entry: SnapshotEntry, existing: RegisterType?, refusal: String?
  ) {
    conflictCount += 1
    guard conflicts.count < 100 else { return }
    conflicts.append(
      Conflict(name: entry.name, saved: entry.type, existing: existing, refusal: refusal))
  }
}
