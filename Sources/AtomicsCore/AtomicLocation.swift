// SPDX-License-Identifier: Apache-2.0

/// Where the value of an atomic lies: an address that was checked, and whose memory its maker
/// keeps. Nothing but the library can make or read one.
///
/// Each function picks the C function of a width. Where the width and the order are known at
/// compile time, nothing is left of it but the instruction: on the whole path from the operation
/// down, `@inline(__always)` sees to it, as `@inlinable` by itself leaves calls.
@safe
public struct AtomicLocation: Sendable {
  // Sendable because: every access to the memory behind the address is an atomic operation.
  @usableFromInline nonisolated(unsafe) let address: UnsafeMutableRawPointer

  /// Traps unless `address` is a multiple of `width`, and where 16 bytes have no operations here.
  ///
  /// Safety: the caller promises what ``AtomicView/init(at:)`` asks for.
  @unsafe @inlinable @inline(__always)
  init(_ address: UnsafeMutableRawPointer, _ width: AtomicWidth) {
    precondition(
      UInt(bitPattern: address) & UInt(width.byteCount - 1) == 0,
      "the address of a \(width.byteCount)-byte atomic is a multiple of \(width.byteCount)")
    precondition(width.isLockFree, "this machine has no operations on 16 bytes without a lock")
    unsafe self.address = address
  }

  /// Safety: as above, and the caller has checked the address and the width.
  @unsafe @inlinable @inline(__always)
  init(_ address: UnsafeMutableRawPointer, checked _: AtomicWidth) {
    unsafe self.address = address
  }
}

// Safety: for every function here, the initializer checked the alignment for the width that is
// passed again, its caller promised the memory, and the order and the index were checked by the
// operation that calls.
extension AtomicLocation {
  @inlinable @inline(__always)
  func load(_ width: AtomicWidth, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.load(address, order))
    case .two: unsafe UInt128(UInt16.load(address, order))
    case .four: unsafe UInt128(UInt32.load(address, order))
    case .eight: unsafe UInt128(UInt64.load(address, order))
    case .sixteen: unsafe UInt128.load(address, order)
    }
  }

  @inlinable @inline(__always)
  func store(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) {
    let order = Int32(order.rawValue)
    switch width {
    case .one: unsafe UInt8.store(address, UInt8(truncatingIfNeeded: bits), order)
    case .two: unsafe UInt16.store(address, UInt16(truncatingIfNeeded: bits), order)
    case .four: unsafe UInt32.store(address, UInt32(truncatingIfNeeded: bits), order)
    case .eight: unsafe UInt64.store(address, UInt64(truncatingIfNeeded: bits), order)
    case .sixteen: unsafe UInt128.store(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func compareExchange(
    _ width: AtomicWidth, _ expected: UInt128, _ desired: UInt128, weak: Bool,
    _ order: MemoryOrder, _ failureOrder: MemoryOrder
  ) -> (old: UInt128, ok: Bool) {
    #if DEBUG
      if unsafe weak && failsSpuriously(address) { return (load(width, failureOrder), false) }
    #endif
    return switch width {
    case .one: unsafe swap(UInt8.self, expected, desired, weak, order, failureOrder)
    case .two: unsafe swap(UInt16.self, expected, desired, weak, order, failureOrder)
    case .four: unsafe swap(UInt32.self, expected, desired, weak, order, failureOrder)
    case .eight: unsafe swap(UInt64.self, expected, desired, weak, order, failureOrder)
    case .sixteen: unsafe swap(UInt128.self, expected, desired, weak, order, failureOrder)
    }
  }

  @unsafe @inlinable @inline(__always)
  func swap<Word: AtomicWord>(
    _: Word.Type, _ expected: UInt128, _ desired: UInt128, _ weak: Bool,
    _ order: MemoryOrder, _ failureOrder: MemoryOrder
  ) -> (old: UInt128, ok: Bool) {
    let done = unsafe Word.compareExchange(
      address, Word(truncatingIfNeeded: expected), Word(truncatingIfNeeded: desired), weak: weak,
      Int32(order.rawValue), Int32(failureOrder.rawValue))
    return (UInt128(done.old), done.ok)
  }

  @inlinable @inline(__always)
  func exchange(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.exchange(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.exchange(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.exchange(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.exchange(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.exchange(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func fetchOr(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.fetchOr(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.fetchOr(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.fetchOr(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.fetchOr(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.fetchOr(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func fetchXor(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.fetchXor(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.fetchXor(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.fetchXor(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.fetchXor(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.fetchXor(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func fetchAnd(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.fetchAnd(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.fetchAnd(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.fetchAnd(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.fetchAnd(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.fetchAnd(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func fetchAdd(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.fetchAdd(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.fetchAdd(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.fetchAdd(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.fetchAdd(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.fetchAdd(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func fetchSub(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    let order = Int32(order.rawValue)
    return switch width {
    case .one: unsafe UInt128(UInt8.fetchSub(address, UInt8(truncatingIfNeeded: bits), order))
    case .two: unsafe UInt128(UInt16.fetchSub(address, UInt16(truncatingIfNeeded: bits), order))
    case .four: unsafe UInt128(UInt32.fetchSub(address, UInt32(truncatingIfNeeded: bits), order))
    case .eight: unsafe UInt128(UInt64.fetchSub(address, UInt64(truncatingIfNeeded: bits), order))
    case .sixteen: unsafe UInt128.fetchSub(address, bits, order)
    }
  }

  @inlinable @inline(__always)
  func bitTest(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    let (index, order) = (UInt32(truncatingIfNeeded: index), Int32(order.rawValue))
    return switch width {
    case .one: unsafe UInt8.bitTest(address, index, order)
    case .two: unsafe UInt16.bitTest(address, index, order)
    case .four: unsafe UInt32.bitTest(address, index, order)
    case .eight: unsafe UInt64.bitTest(address, index, order)
    case .sixteen: unsafe UInt128.bitTest(address, index, order)
    }
  }

  @inlinable @inline(__always)
  func bitTestSet(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    let (index, order) = (UInt32(truncatingIfNeeded: index), Int32(order.rawValue))
    return switch width {
    case .one: unsafe UInt8.bitTestSet(address, index, order)
    case .two: unsafe UInt16.bitTestSet(address, index, order)
    case .four: unsafe UInt32.bitTestSet(address, index, order)
    case .eight: unsafe UInt64.bitTestSet(address, index, order)
    case .sixteen: unsafe UInt128.bitTestSet(address, index, order)
    }
  }

  @inlinable @inline(__always)
  func bitTestReset(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    let (index, order) = (UInt32(truncatingIfNeeded: index), Int32(order.rawValue))
    return switch width {
    case .one: unsafe UInt8.bitTestReset(address, index, order)
    case .two: unsafe UInt16.bitTestReset(address, index, order)
    case .four: unsafe UInt32.bitTestReset(address, index, order)
    case .eight: unsafe UInt64.bitTestReset(address, index, order)
    case .sixteen: unsafe UInt128.bitTestReset(address, index, order)
    }
  }

  @inlinable @inline(__always)
  func bitTestComplement(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    let (index, order) = (UInt32(truncatingIfNeeded: index), Int32(order.rawValue))
    return switch width {
    case .one: unsafe UInt8.bitTestComplement(address, index, order)
    case .two: unsafe UInt16.bitTestComplement(address, index, order)
    case .four: unsafe UInt32.bitTestComplement(address, index, order)
    case .eight: unsafe UInt64.bitTestComplement(address, index, order)
    case .sixteen: unsafe UInt128.bitTestComplement(address, index, order)
    }
  }
}
