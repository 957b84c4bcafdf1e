// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension Arena {
  /// Makes the registers of a snapshot that are missing, each with the value that was saved plus
  /// its restore gap, at most its type's greatest value.
  ///
  /// The newest whole snapshot of the two at `path` is taken. Where that is the one before the
  /// newest, gaps are added twice: a server may have let values go so far since.
  ///
  /// - Parameter overwriting: Whether registers that exist get the saved value too; otherwise they
  ///   are left alone. One of another type is always left alone, and reported.
  /// - Throws: `notFound`, `noValidSnapshot`, `snapshotVersion`; as `create(_:)`, and then a part
  ///   is restored.
  public func restore(
    from path: String, overwriting: Bool = false
  ) throws(ArenaError) -> RestoreReport {
    guard let snapshot = try Snapshot(newestAt: path) else { throw .notFound(path: path) }
    return try restore(snapshot, overwriting: overwriting)
  }

  func restore(
    _ snapshot: Snapshot, overwriting: Bool = false
  ) throws(ArenaError) -> RestoreReport {
    var report = RestoreReport(snapshot)
    snapshot.reader.rewind()
    while let entries = try snapshot.reader.nextBlock() {
      for entry in entries {
        let specification = entry.specification(gaps: snapshot.gaps)
        do throws(ArenaError) {
          let (handle, created) = try create(specification)
          let isOverwritten = !created && overwriting && overwrite(handle, specification.initial)
          report.count(entry, created: created, overwritten: isOverwritten)
        } catch .typeMismatch(let existing) {
          report.addConflict(entry, existing: existing)
        }
      }
    }
    return report
  }

  /// Stores `value`. False: the register was deleted.
  package func overwrite(_ handle: RegisterHandle, _ value: UInt128) -> Bool {
    withCell(of: handle) { $0.store(value) } != nil
  }
}

/// A snapshot that was read to its end and found whole.
package struct Snapshot {
  package let reader: SnapshotReader
  package let summary: SnapshotSummary
  /// What is wrong with the newest one, where this is the one before.
  package let damage: SnapshotDamage?

  /// Nil: there is none.
  package init?(newestAt path: String) throws(ArenaError) {
    guard let newest = try SnapshotReader.newest(at: path) else { return nil }
    (reader, summary, damage) = newest
  }

  /// How many restore gaps a value may have moved on since it was saved.
  package var gaps: Int { damage == nil ? 1 : 2 }
}
