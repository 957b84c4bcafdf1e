// SPDX-License-Identifier: Apache-2.0

public import CAtomics

/// Where the value of an atomic lies: an address that was checked, and whose memory its maker
/// keeps. Nothing but the library can make or read one. It is a part of the atomics, and good for
/// nothing by itself: whoever takes one out of an atomic takes its maker's promise with it.
///
/// Each function calls the C function of its name, the width as a value up to 8 bytes and as a pair
/// of halves at 16. Where the width and the order are known at compile time, nothing is left of it
/// but the instruction: on the whole path from the operation down, `@inline(__always)` sees to it,
/// as `@inlinable` by itself leaves calls.
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
    unsafe width == .sixteen
      ? UInt128(ca_load_pair(address, order.code))
      : UInt128(ca_load(address, width.code, order.code))
  }

  @inlinable @inline(__always)
  func store(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) {
    if width == .sixteen {
      unsafe ca_store_pair(address, ca_pair(bits), order.code)
    } else {
      unsafe ca_store(address, UInt64(truncatingIfNeeded: bits), width.code, order.code)
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
    if width == .sixteen {
      let done = unsafe ca_cmpxchg_strong_pair(
        address, ca_pair(expected), ca_pair(desired), order.code, failureOrder.code)
      return (UInt128(done.old), done.ok)
    }
    let done = unsafe ca_cmpxchg(
      address, UInt64(truncatingIfNeeded: expected), UInt64(truncatingIfNeeded: desired), weak,
      width.code, order.code, failureOrder.code)
    return (UInt128(done.old), done.ok)
  }

  @inlinable @inline(__always)
  func exchange(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_exchange_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_exchange(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func fetchOr(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_fetch_or_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_fetch_or(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func fetchXor(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_fetch_xor_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_fetch_xor(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func fetchAnd(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_fetch_and_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_fetch_and(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func fetchAdd(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_fetch_add_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_fetch_add(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func fetchAddWord(_ width: AtomicWidth, _ word: UInt64, _ order: MemoryOrder) -> UInt64 {
    unsafe ca_fetch_add(address, word, width.code, order.code)
  }

  @inlinable @inline(__always)
  func loadWord(_ width: AtomicWidth, _ order: MemoryOrder) -> UInt64 {
    unsafe ca_load(address, width.code, order.code)
  }

  @inlinable @inline(__always)
  func fetchSub(_ width: AtomicWidth, _ bits: UInt128, _ order: MemoryOrder) -> UInt128 {
    unsafe width == .sixteen
      ? UInt128(ca_fetch_sub_pair(address, ca_pair(bits), order.code))
      : UInt128(ca_fetch_sub(address, UInt64(truncatingIfNeeded: bits), width.code, order.code))
  }

  @inlinable @inline(__always)
  func bitTest(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    unsafe width == .sixteen
      ? ca_bit_test_pair(address, UInt32(truncatingIfNeeded: index), order.code)
      : ca_bit_test(address, UInt32(truncatingIfNeeded: index), width.code, order.code)
  }

  @inlinable @inline(__always)
  func bitTestSet(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    unsafe width == .sixteen
      ? ca_bit_test_set_pair(address, UInt32(truncatingIfNeeded: index), order.code)
      : ca_bit_test_set(address, UInt32(truncatingIfNeeded: index), width.code, order.code)
  }

  @inlinable @inline(__always)
  func bitTestReset(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    unsafe width == .sixteen
      ? ca_bit_test_reset_pair(address, UInt32(truncatingIfNeeded: index), order.code)
      : ca_bit_test_reset(address, UInt32(truncatingIfNeeded: index), width.code, order.code)
  }

  @inlinable @inline(__always)
  func bitTestComplement(_ width: AtomicWidth, _ index: Int, _ order: MemoryOrder) -> Bool {
    unsafe width == .sixteen
      ? ca_bit_test_compl_pair(address, UInt32(truncatingIfNeeded: index), order.code)
      : ca_bit_test_compl(address, UInt32(truncatingIfNeeded: index), width.code, order.code)
  }
}

extension AtomicWidth {
  /// The width as C takes it.
  @inlinable @inline(__always) var code: UInt32 { UInt32(rawValue) }
}

extension MemoryOrder {
  /// The order as C takes it, which is its raw value.
  @inlinable @inline(__always) var code: Int32 { Int32(rawValue) }
}

extension UInt128 {
  @inlinable @inline(__always)
  init(_ pair: ca_pair) { self = UInt128(pair.high) << 64 | UInt128(pair.low) }
}

extension ca_pair {
  @inlinable @inline(__always)
  init(_ value: UInt128) {
    self.init(low: UInt64(truncatingIfNeeded: value), high: UInt64(truncatingIfNeeded: value >> 64))
  }
}
