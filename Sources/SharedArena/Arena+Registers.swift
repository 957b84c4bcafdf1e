// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import CLinux
public import Synchronization

// Safety: each `clinux_activity_enter` gives a record of the calling thread that lives for ever.
extension Arena {
  /// The register of this name, or nil.
  ///
  /// - Complexity: O(1) expected and about as long as two cache misses; no system call, no
  ///   allocation, no lock. Names that come and go do not slow it down.
  public func find(_ name: Span<UInt8>) -> RegisterHandle? {
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    return directory.find(name).map { RegisterHandle($0) }
  }

  /// The register of this name, or nil; as `find(_:)`.
  public func find(named name: String) -> RegisterHandle? { find(name.utf8.span) }

  /// Runs `body` on the register's value, with any operations of ``AtomicCell``.
  ///
  /// While `body` runs, what is deleted keeps its cell. The cell must not leave it: later it may
  /// belong to another register. Who waits for the register is woken afterwards.
  ///
  /// - Returns: What `body` returns; nil, without a call, when the register was deleted, and for
  ///   observers.
  /// - Complexity: `body`'s own, two stores to memory of this thread, two loads from the line that
  ///   `body` operates on; no system call, no allocation, no counting.
  @inlinable @inline(__always)
  public func withCell<Result, Failure: Error>(
    of handle: RegisterHandle, _ body: (AtomicCell) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try withCell(of: handle, wakes: true, body)
  }

  /// As above.
  ///
  /// - Parameter wakes: Whether `body` may change the value, so that who waits has to be woken.
  @inlinable @inline(__always)
  func withCell<Result, Failure: Error>(
    of handle: RegisterHandle, wakes: @autoclosure () -> Bool,
    _ body: (AtomicCell) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    try withOperations { (operations) throws(Failure) in
      try operations.withCell(of: handle, wakes: wakes(), body)
    }
  }

  /// Whether the register was not deleted; false for observers.
  @inlinable @inline(__always)
  public func isPresent(_ handle: RegisterHandle) -> Bool {
    withCell(of: handle, wakes: false) { _ in true } ?? false
  }

  /// Runs a request that was made for the register's type; as ``withCell(of:_:)``.
  @inlinable @inline(__always)
  public func perform(_ request: AtomicRequest, on handle: RegisterHandle) -> AtomicOutcome? {
    withCell(of: handle, wakes: !request.operation.isReadOnly) { cell in cell.perform(request) }
  }

  /// Adds to a register of at most 8 bytes; as ``perform(_:on:)`` with an addition.
  ///
  /// - Returns: The value found; nil when the register was deleted, and for observers.
  @inlinable @inline(__always)
  public func add(_ word: UInt64, to handle: RegisterHandle, order: MemoryOrder) -> UInt64? {
    withOperations { $0.add(word, to: handle, order: order) }
  }

  /// Reads a register of at most 8 bytes; as ``load(_:order:)``.
  @inlinable @inline(__always)
  public func loadWord(_ handle: RegisterHandle, order: MemoryOrder) -> UInt64? {
    withCell(of: handle, wakes: false) { cell in cell.loadWord(order: order) }
  }

  /// The register's value, for whoever looks and wakes nobody by it; nil when the register was
  /// deleted, and for observers.
  ///
  /// - Parameter order: A load order; traps otherwise.
  /// - Complexity: As ``withCell(of:_:)``.
  @inlinable
  public func load(
    _ handle: RegisterHandle, order: MemoryOrder = .sequentiallyConsistent
  ) -> UInt128? {
    withCell(of: handle, wakes: false) { cell in cell.load(order: order) }
  }

  /// The register's value to keep for as long as the arena is open; nil when the register was
  /// deleted, and for observers.
  ///
  /// No other register gets the cell meanwhile, also when this one is deleted. The price: from the
  /// first call on ``quiesce()`` does nothing, so whatever anybody deletes keeps its memory until
  /// this arena is closed. Operations on the cell wake nobody by themselves: ``notify(_:)`` does.
  ///
  /// - Complexity: As ``withCell(of:_:)``.
  @inlinable
  public func cell(of handle: RegisterHandle) -> AtomicCell? {
    withCell(of: handle, wakes: false) { cell in
      // Before this thread is outside again.
      if !hasLentCells.load(ordering: .relaxed) { hasLentCells.store(true, ordering: .relaxed) }
      return cell
    }
  }

  /// The value, for whoever wants to look and wake nobody; nil when the register was deleted, and
  /// where this machine cannot read it without writing and the mapping is only for reading.
  func value(of handle: RegisterHandle) -> UInt128? {
    let slot = Int(handle.slot)
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    // Safety: the slot lies below the watermark of `dir`.
    guard slot < directory.watermark, unsafe cells.generation(slot) == handle.generation else {
      return nil
    }
    return value(ofSlot: slot, type: handle.type)
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

  /// Whether name, type and value are all there is to tell of the register: it has neither label
  /// nor owner's tag nor restore gap. Nil when it was deleted.
  ///
  /// - Complexity: A few loads; allocates nothing.
  public func isPlain(_ handle: RegisterHandle) -> Bool? {
    let slot = Int(handle.slot)
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    guard slot < directory.watermark else { return nil }
    return directory.isPlain(ofRecord: slot, generation: handle.generation)
  }

  /// Everything about the register; nil when it was deleted. It has no value while its cell is
  /// overwritten.
  public func info(of handle: RegisterHandle) -> RegisterInfo? {
    let slot = Int(handle.slot)
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    guard slot < directory.watermark, var info = directory.info(ofRecord: slot),
      info.generation == handle.generation
    else { return nil }
    return withValue(&info) ? info : nil
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
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    guard let (slots, end) = directory.slots(from: cursor, limit: scanLimit) else {
      return ([], nil)
    }
    var slot = slots.lowerBound
    while slot < slots.upperBound, registers.count < max(1, limit) {
      if directory.liveGeneration(ofRecord: slot) != nil,
        directory.name(ofRecord: slot, startsWith: prefix),
        var info = directory.info(ofRecord: slot)
      {
        if withValue(&info) { registers.append(info) }
      }
      slot += 1
    }
    return (registers, slot < end ? UInt64(slot) : nil)
  }

  /// Where the register's value lies, for a program that maps `val` itself.
  public func location(of handle: RegisterHandle) -> CellLocation {
    CellLocation(
      file: "\(path)/\(ArenaFiles.values)",
      offset: cellOffset(Int(handle.slot), CellLayout.value),
      width: handle.type.width,
      lockByte: Attachment.byte(of: directory.deleteEpoch))
  }

  /// Reads the value of a register that was described. False: it was deleted meanwhile.
  private func withValue(_ info: inout RegisterInfo) -> Bool {
    info.value = value(ofSlot: Int(info.slot), type: info.type)
    // After the look: what was read of a cell that is not the register's is none of its values.
    switch condition(of: info.handle) {
    case .alive: return true
    case .deleted: return false
    case .overwritten:
      info.value = nil
      return true
    }
  }

  /// The value in a slot below the watermark; nil where this machine cannot read it without writing
  /// and the mapping is only for reading.
  func value(ofSlot slot: Int, type: RegisterType) -> UInt128? {
    guard isWritable || type.width.hasReadOnlyLoad else { return nil }
    // Safety: the slot is below the watermark; a load that only reads may run on a mapping that is
    // only read.
    return unsafe cells.cell(slot, type: type).load()
  }
}
