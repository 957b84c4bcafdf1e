// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import Synchronization

extension Arena {
  /// The register of this name, or nil.
  ///
  /// - Complexity: O(1) expected and about as long as two cache misses; no system call, no
  ///   allocation, no lock. Names that come and go do not slow it down.
  public func find(_ name: Span<UInt8>) -> RegisterHandle? {
    directory.find(name).map { RegisterHandle($0) }
  }

  /// The register of this name, or nil; as `find(_:)`.
  public func find(named name: String) -> RegisterHandle? { find(name.utf8.span) }

  /// The place where the register's operations run; nil when it was deleted, and for observers.
  ///
  /// A register that is deleted right after this check leaves the caller with a cell that belongs
  /// to nobody: no other register gets it while this attachment lasts.
  ///
  /// - Complexity: One load and two comparisons; no system call, no allocation, no counting.
  @inlinable
  public func cell(of handle: RegisterHandle) -> AtomicCell? {
    let slot = Int(handle.slot)
    guard slot < watermark.load(ordering: .relaxed) || isCommitted(slot) else { return nil }
    // Safety: `slot` lies below the watermark, which this process has from `dir`.
    guard unsafe cells.generation(slot) == handle.generation else { return nil }
    return unsafe cells.cell(slot, type: handle.type)
  }

  /// Learns from `dir` how far the arena has grown since it was last asked.
  @usableFromInline
  func isCommitted(_ slot: Int) -> Bool {
    guard isWritable else { return false }
    let current = directory.watermark
    watermark.store(current, ordering: .relaxed)
    return slot < current
  }

  /// The register's restore gap; of a register that was deleted, any number.
  public func restoreGap(of handle: RegisterHandle) -> UInt128 {
    let slot = Int(handle.slot)
    guard slot < directory.watermark else { return 0 }
    let start = directory.record(slot, RecordLayout.restoreGap)
    return UInt128(directory.bytes.relaxed(start + 8)) << 64
      | UInt128(directory.bytes.relaxed(start))
  }

  /// Everything about the register; nil when it was deleted.
  public func info(of handle: RegisterHandle) -> RegisterInfo? {
    let slot = Int(handle.slot)
    guard slot < directory.watermark, var info = directory.info(ofRecord: slot),
      info.generation == handle.generation
    else { return nil }
    info.value = value(ofSlot: slot, type: info.type)
    return info
  }

  /// The registers in order of their slots, a page at a time.
  ///
  /// - Parameters:
  ///   - cursor: 0 for the first page, then each page's `next`.
  ///   - prefix: Only names that start with it.
  ///   - limit: At most this many registers, at least one.
  ///   - scanLimit: At most this many slots are looked at, at least one: a page may be short.
  /// - Returns: The page, and where the next one starts; nil: this was the last. Registers that
  ///   exist all the time are listed exactly once; others may or may not be.
  /// - Complexity: O(`scanLimit`); never blocks.
  public func list(
    from cursor: UInt64, prefix: Span<UInt8>, limit: Int, scanLimit: Int
  ) -> (registers: [RegisterInfo], next: UInt64?) {
    var registers: [RegisterInfo] = []
    let end = directory.nextSlot
    guard var slot = Int(exactly: cursor), slot < end else { return ([], nil) }
    let scanEnd = end - slot > max(1, scanLimit) ? slot + max(1, scanLimit) : end
    while slot < scanEnd, registers.count < max(1, limit) {
      if directory.liveGeneration(ofRecord: slot) != nil,
        directory.name(ofRecord: slot, startsWith: prefix),
        var info = directory.info(ofRecord: slot)
      {
        info.value = value(ofSlot: slot, type: info.type)
        registers.append(info)
      }
      slot += 1
    }
    return (registers, slot < end ? UInt64(slot) : nil)
  }

  /// Where the register's value lies, for a program that maps `val` itself.
  public func location(of handle: RegisterHandle) -> CellLocation {
    CellLocation(
      file: "\(path)/\(ArenaFiles.values)",
      offset: directory.header.cellsOffset + Int(handle.slot) * CellLayout.stride,
      width: handle.type.width,
      lockByte: Self.firstLockByte + directory.deleteEpoch % Self.firstLockByte)
  }

  /// The value in a slot below the watermark.
  private func value(ofSlot slot: Int, type: RegisterType) -> UInt128 {
    if isWritable || type.width.hasReadOnlyLoad {
      // Safety: the slot is below the watermark, see `cell(of:)`; a load that only reads may run on
      // a mapping that is only read.
      return unsafe cells.cell(slot, type: type).load()
    }
    // A 16-byte load is a compare-exchange here, which writes: it would fault on this mapping.
    let offset = directory.header.cellsOffset + slot * CellLayout.stride + CellLayout.value
    // Two halves are one value when both are found again.
    var high = values.acquire(offset + 8)
    var low = values.acquire(offset)
    for _ in 0..<64 {
      let again = (high: values.acquire(offset + 8), low: values.acquire(offset))
      if again == (high, low) { break }
      (high, low) = again
    }
    return UInt128(high) << 64 | UInt128(low)
  }
}
