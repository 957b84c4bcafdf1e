// SPDX-License-Identifier: Apache-2.0

package import AtomicsCore

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
    try restore(snapshot, overwriting: overwriting) { () throws(ArenaError) in
      try snapshot.reader.nextBlock()
    } making: { (_, specification) throws(ArenaError) in
      do throws(ArenaError) {
        let (handle, created) = try create(specification)
        return .register(handle, created: created)
      } catch .typeMismatch(let existing) {
        return .conflict(existing: existing)
      }
    }
  }

  /// As above, by whoever may make registers in this arena.
  ///
  /// - Parameters:
  ///   - next: The next registers of the snapshot; nil at its end.
  ///   - make: Makes a register, or finds the one that exists.
  package func restore<Failure: Error>(
    _ snapshot: Snapshot, overwriting: Bool,
    next: () throws(Failure) -> [SnapshotEntry]?,
    making make: (SnapshotEntry, RegisterSpecification) throws(Failure) -> Snapshot.Made
  ) throws(Failure) -> RestoreReport {
    var report = RestoreReport(snapshot)
    snapshot.reader.rewind()
    while let entries = try next() {
      for entry in entries {
        let specification = entry.specification(gaps: snapshot.gaps)
        switch try make(entry, specification) {
        case .register(let handle, let created):
          let overwritten = !created && overwriting && overwrite(handle, specification.initial)
          report.count(entry, created: created, overwritten: overwritten)
        case .conflict(let existing, let refusal):
          report.addConflict(entry, existing: existing, refusal: refusal)
        case .gone: break
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

  /// What became of a register that was to be made.
  package enum Made {
    case register(RegisterHandle, created: Bool)
    /// It exists with another type, or was refused.
    case conflict(existing: RegisterType?, refusal: String? = nil)
    /// It existed with another type, and does not any more.
    case gone
  }

  /// How many restore gaps a value may have moved on since it was saved.
  package var gaps: Int { damage == nil ? 1 : 2 }
}
