// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension Arena {
  /// How it stands with a register that a handle was given for.
  public enum Condition: Equatable, Sendable {
    case alive
    case deleted
    /// The register exists, and another program wrote over its cell: no operation runs on it until
    /// the cell is restored, and the value that is then found is not to be trusted.
    case overwritten
  }

  /// How it stands with a register whose cell was not to be had, or may not have been.
  ///
  /// - Complexity: A few loads; never blocks.
  public func condition(of handle: RegisterHandle) -> Condition {
    let slot = Int(handle.slot)
    // The cell first: a record that lives with this generation after the cell was seen with another
    // one has been alive for all of that time, or it would have a higher one.
    guard slot < directory.watermark else { return .deleted }
    let generation = values.acquire(cellOffset(slot, CellLayout.generation))
    guard directory.liveGeneration(ofRecord: slot) == handle.generation else { return .deleted }
    return generation == handle.generation ? .alive : .overwritten
  }

  /// What was found damaged since this process attached, and whether it still is.
  public var damage: DamageReport {
    var report = damages.withLock { $0 }
    report.isUnrepaired = isFaulty
    return report
  }

  /// Whether this process has operated on memory that was no longer the arena's, and no repair has
  /// been made since: what an operation answers that ran before this look may be lost, or made up.
  ///
  /// Only in programs that have ``FaultGuard`` in place; others have been ended by SIGBUS.
  ///
  /// - Complexity: One load.
  @inlinable
  public var isFaulty: Bool { faults.count != 0 }

  /// Makes the cell of a register usable again that was overwritten. Its value stays what it is.
  ///
  /// - Returns: False when the cell is in order, or the register deleted.
  /// - Throws: As `create(_:)`, as far as it applies.
  public func restoreCell(of handle: RegisterHandle) throws(ArenaError) -> Bool {
    try withDirectory { writer throws(ArenaError) in
      guard condition(of: handle) == .overwritten else { return false }
      let slot = Int(handle.slot)
      // First: a snapshot that finds the cell whole finds this too.
      note(.cell(register: writer.directory.nameText(ofRecord: slot)))
      raiseToFloor(slot)
      writer.restoreCell(slot, generation: handle.generation)
      return true
    }
  }

  /// Has a register whose cell was lost raised to what `floor` says of it, before anybody can
  /// operate on it again. Called with the directory's lock held.
  package func onLostValue(_ floor: @escaping @Sendable (RegisterHandle) -> UInt128?) {
    self.floor.withLock { $0 = floor }
  }

  /// Raises the value in the cell of a live register to what is known that it was not below.
  func raiseToFloor(_ slot: Int) {
    guard let floor = floor.withLock({ $0 }), let info = directory.info(ofRecord: slot),
      let least = floor(info.handle),
      let request = try? AtomicRequest(.max, on: info.type, operand: least)
    else { return }
    // Safety: the slot was used, so it lies below the watermark; the cell's memory is there.
    _ = unsafe cells.cell(slot, type: info.type).perform(request)
  }

  func note(_ damage: Damage) {
    damages.withLock { $0.add(damage) }
  }

  func cellOffset(_ slot: Int, _ field: Int) -> Int {
    directory.header.cell(slot, field)
  }
}

extension DirectoryWriter {
  /// Gives the cell of a live record its generation back.
  func restoreCell(_ slot: Int, generation: UInt64) {
    // Nobody is known to wait: who does finds out within the longest sleep.
    cells.write(0, at: cell(slot, CellLayout.event))
    // pairs with the acquire in CellTable.generation
    cells.release(generation, at: cell(slot, CellLayout.generation))
  }
}

extension Directory {
  func nameText(ofRecord slot: Int) -> String {
    String(decoding: name(ofRecord: slot), as: UTF8.self)
  }
}
