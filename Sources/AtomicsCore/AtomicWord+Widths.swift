// SPDX-License-Identifier: Apache-2.0

public import CAtomics

// Safety: every function here passes on its caller's promise that `p` is a mapped address of the
// word's width and alignment; AtomicCell and AtomicLocation, the only callers, check both when they
// are made.

extension AtomicWord {
  /// No processor here negates and fetches in one instruction: a compare-exchange loop, whose
  /// failed turns only read (relaxed) and whose one success carries the order.
  @unsafe @inlinable
  static func fetchNeg(_ p: UnsafeMutableRawPointer, _ order: Int32) -> Self {
    let relaxed = Int32(MemoryOrder.relaxed.rawValue)
    var old = unsafe load(p, relaxed)
    while true {
      let done = unsafe compareExchange(p, old, 0 &- old, weak: true, order, relaxed)
      if done.ok { return old }
      old = done.old
    }
  }
}

extension UInt8: AtomicWord {
  @unsafe @inlinable
  static func load(_ p: UnsafeMutableRawPointer, _ order: Int32) -> UInt8 {
    unsafe ca_load_u8(p, order)
  }
  @unsafe @inlinable
  static func store(_ p: UnsafeMutableRawPointer, _ value: UInt8, _ order: Int32) {
    unsafe ca_store_u8(p, value, order)
  }
  @unsafe @inlinable
  static func exchange(_ p: UnsafeMutableRawPointer, _ value: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_exchange_u8(p, value, order)
  }
  @unsafe @inlinable
  static func compareExchange(
    _ p: UnsafeMutableRawPointer, _ expected: UInt8, _ desired: UInt8, weak: Bool, _ order: Int32,
    _ failureOrder: Int32
  ) -> (old: UInt8, ok: Bool) {
    let done =
      unsafe weak
      ? ca_cmpxchg_weak_u8(p, expected, desired, order, failureOrder)
      : ca_cmpxchg_strong_u8(p, expected, desired, order, failureOrder)
    return (done.old, done.ok)
  }
  @unsafe @inlinable
  static func fetchOr(_ p: UnsafeMutableRawPointer, _ operand: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_fetch_or_u8(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchXor(_ p: UnsafeMutableRawPointer, _ operand: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_fetch_xor_u8(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAnd(_ p: UnsafeMutableRawPointer, _ operand: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_fetch_and_u8(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAdd(_ p: UnsafeMutableRawPointer, _ operand: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_fetch_add_u8(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchSub(_ p: UnsafeMutableRawPointer, _ operand: UInt8, _ order: Int32) -> UInt8 {
    unsafe ca_fetch_sub_u8(p, operand, order)
  }
  @unsafe @inlinable
  static func bitTest(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_u8(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestSet(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_set_u8(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestReset(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_reset_u8(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestComplement(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  {
    unsafe ca_bit_test_compl_u8(p, index, order)
  }
}

extension UInt16: AtomicWord {
  @unsafe @inlinable
  static func load(_ p: UnsafeMutableRawPointer, _ order: Int32) -> UInt16 {
    unsafe ca_load_u16(p, order)
  }
  @unsafe @inlinable
  static func store(_ p: UnsafeMutableRawPointer, _ value: UInt16, _ order: Int32) {
    unsafe ca_store_u16(p, value, order)
  }
  @unsafe @inlinable
  static func exchange(_ p: UnsafeMutableRawPointer, _ value: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_exchange_u16(p, value, order)
  }
  @unsafe @inlinable
  static func compareExchange(
    _ p: UnsafeMutableRawPointer, _ expected: UInt16, _ desired: UInt16, weak: Bool, _ order: Int32,
    _ failureOrder: Int32
  ) -> (old: UInt16, ok: Bool) {
    let done =
      unsafe weak
      ? ca_cmpxchg_weak_u16(p, expected, desired, order, failureOrder)
      : ca_cmpxchg_strong_u16(p, expected, desired, order, failureOrder)
    return (done.old, done.ok)
  }
  @unsafe @inlinable
  static func fetchOr(_ p: UnsafeMutableRawPointer, _ operand: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_fetch_or_u16(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchXor(_ p: UnsafeMutableRawPointer, _ operand: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_fetch_xor_u16(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAnd(_ p: UnsafeMutableRawPointer, _ operand: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_fetch_and_u16(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAdd(_ p: UnsafeMutableRawPointer, _ operand: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_fetch_add_u16(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchSub(_ p: UnsafeMutableRawPointer, _ operand: UInt16, _ order: Int32) -> UInt16 {
    unsafe ca_fetch_sub_u16(p, operand, order)
  }
  @unsafe @inlinable
  static func bitTest(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_u16(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestSet(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_set_u16(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestReset(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_reset_u16(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestComplement(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  {
    unsafe ca_bit_test_compl_u16(p, index, order)
  }
}

extension UInt32: AtomicWord {
  @unsafe @inlinable
  static func load(_ p: UnsafeMutableRawPointer, _ order: Int32) -> UInt32 {
    unsafe ca_load_u32(p, order)
  }
  @unsafe @inlinable
  static func store(_ p: UnsafeMutableRawPointer, _ value: UInt32, _ order: Int32) {
    unsafe ca_store_u32(p, value, order)
  }
  @unsafe @inlinable
  static func exchange(_ p: UnsafeMutableRawPointer, _ value: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_exchange_u32(p, value, order)
  }
  @unsafe @inlinable
  static func compareExchange(
    _ p: UnsafeMutableRawPointer, _ expected: UInt32, _ desired: UInt32, weak: Bool, _ order: Int32,
    _ failureOrder: Int32
  ) -> (old: UInt32, ok: Bool) {
    let done =
      unsafe weak
      ? ca_cmpxchg_weak_u32(p, expected, desired, order, failureOrder)
      : ca_cmpxchg_strong_u32(p, expected, desired, order, failureOrder)
    return (done.old, done.ok)
  }
  @unsafe @inlinable
  static func fetchOr(_ p: UnsafeMutableRawPointer, _ operand: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_fetch_or_u32(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchXor(_ p: UnsafeMutableRawPointer, _ operand: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_fetch_xor_u32(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAnd(_ p: UnsafeMutableRawPointer, _ operand: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_fetch_and_u32(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAdd(_ p: UnsafeMutableRawPointer, _ operand: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_fetch_add_u32(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchSub(_ p: UnsafeMutableRawPointer, _ operand: UInt32, _ order: Int32) -> UInt32 {
    unsafe ca_fetch_sub_u32(p, operand, order)
  }
  @unsafe @inlinable
  static func bitTest(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_u32(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestSet(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_set_u32(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestReset(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_reset_u32(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestComplement(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  {
    unsafe ca_bit_test_compl_u32(p, index, order)
  }
}

extension UInt64: AtomicWord {
  @unsafe @inlinable
  static func load(_ p: UnsafeMutableRawPointer, _ order: Int32) -> UInt64 {
    unsafe ca_load_u64(p, order)
  }
  @unsafe @inlinable
  static func store(_ p: UnsafeMutableRawPointer, _ value: UInt64, _ order: Int32) {
    unsafe ca_store_u64(p, value, order)
  }
  @unsafe @inlinable
  static func exchange(_ p: UnsafeMutableRawPointer, _ value: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_exchange_u64(p, value, order)
  }
  @unsafe @inlinable
  static func compareExchange(
    _ p: UnsafeMutableRawPointer, _ expected: UInt64, _ desired: UInt64, weak: Bool, _ order: Int32,
    _ failureOrder: Int32
  ) -> (old: UInt64, ok: Bool) {
    let done =
      unsafe weak
      ? ca_cmpxchg_weak_u64(p, expected, desired, order, failureOrder)
      : ca_cmpxchg_strong_u64(p, expected, desired, order, failureOrder)
    return (done.old, done.ok)
  }
  @unsafe @inlinable
  static func fetchOr(_ p: UnsafeMutableRawPointer, _ operand: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_fetch_or_u64(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchXor(_ p: UnsafeMutableRawPointer, _ operand: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_fetch_xor_u64(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAnd(_ p: UnsafeMutableRawPointer, _ operand: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_fetch_and_u64(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchAdd(_ p: UnsafeMutableRawPointer, _ operand: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_fetch_add_u64(p, operand, order)
  }
  @unsafe @inlinable
  static func fetchSub(_ p: UnsafeMutableRawPointer, _ operand: UInt64, _ order: Int32) -> UInt64 {
    unsafe ca_fetch_sub_u64(p, operand, order)
  }
  @unsafe @inlinable
  static func bitTest(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_u64(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestSet(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_set_u64(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestReset(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_reset_u64(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestComplement(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  {
    unsafe ca_bit_test_compl_u64(p, index, order)
  }
}

extension UInt128: AtomicWord {
  @unsafe @inlinable
  static func load(_ p: UnsafeMutableRawPointer, _ order: Int32) -> UInt128 {
    unsafe UInt128(ca_load_pair(p, order))
  }
  @unsafe @inlinable
  static func store(_ p: UnsafeMutableRawPointer, _ value: UInt128, _ order: Int32) {
    unsafe ca_store_pair(p, ca_pair(value), order)
  }
  @unsafe @inlinable
  static func exchange(_ p: UnsafeMutableRawPointer, _ value: UInt128, _ order: Int32) -> UInt128 {
    unsafe UInt128(ca_exchange_pair(p, ca_pair(value), order))
  }
  @unsafe @inlinable
  static func compareExchange(
    _ p: UnsafeMutableRawPointer, _ expected: UInt128, _ desired: UInt128, weak: Bool,
    _ order: Int32,
    _ failureOrder: Int32
  ) -> (old: UInt128, ok: Bool) {
    let done =
      unsafe weak
      ? ca_cmpxchg_weak_pair(p, ca_pair(expected), ca_pair(desired), order, failureOrder)
      : ca_cmpxchg_strong_pair(p, ca_pair(expected), ca_pair(desired), order, failureOrder)
    return (UInt128(done.old), done.ok)
  }
  @unsafe @inlinable
  static func fetchOr(_ p: UnsafeMutableRawPointer, _ operand: UInt128, _ order: Int32) -> UInt128 {
    unsafe UInt128(ca_fetch_or_pair(p, ca_pair(operand), order))
  }
  @unsafe @inlinable
  static func fetchXor(_ p: UnsafeMutableRawPointer, _ operand: UInt128, _ order: Int32) -> UInt128
  {
    unsafe UInt128(ca_fetch_xor_pair(p, ca_pair(operand), order))
  }
  @unsafe @inlinable
  static func fetchAnd(_ p: UnsafeMutableRawPointer, _ operand: UInt128, _ order: Int32) -> UInt128
  {
    unsafe UInt128(ca_fetch_and_pair(p, ca_pair(operand), order))
  }
  @unsafe @inlinable
  static func fetchAdd(_ p: UnsafeMutableRawPointer, _ operand: UInt128, _ order: Int32) -> UInt128
  {
    unsafe UInt128(ca_fetch_add_pair(p, ca_pair(operand), order))
  }
  @unsafe @inlinable
  static func fetchSub(_ p: UnsafeMutableRawPointer, _ operand: UInt128, _ order: Int32) -> UInt128
  {
    unsafe UInt128(ca_fetch_sub_pair(p, ca_pair(operand), order))
  }
  @unsafe @inlinable
  static func bitTest(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_pair(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestSet(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_set_pair(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestReset(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32) -> Bool {
    unsafe ca_bit_test_reset_pair(p, index, order)
  }
  @unsafe @inlinable
  static func bitTestComplement(_ p: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  {
    unsafe ca_bit_test_compl_pair(p, index, order)
  }
}

extension UInt128 {
  @inlinable
  init(_ pair: ca_pair) { self = UInt128(pair.high) << 64 | UInt128(pair.low) }
}

extension ca_pair {
  @inlinable
  init(_ value: UInt128) {
    self.init(low: UInt64(truncatingIfNeeded: value), high: UInt64(truncatingIfNeeded: value >> 64))
  }
}
