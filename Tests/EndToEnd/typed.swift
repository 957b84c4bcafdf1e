// SPDX-License-Identifier: Apache-2.0
import AtomicsCore

// One function per operation of the typed face; test_typed_instructions.py reads what the compiler
// makes of each.

public func loadRelaxed(_ a: AtomicUInt<UInt64>) -> UInt64 { a.load(order: .relaxed) }
public func loadSequentially(_ a: AtomicUInt<UInt64>) -> UInt64 { a.load() }
public func loadByte(_ a: AtomicInt<Int8>) -> Int8 { a.load(order: .acquiring) }
public func storeReleasing(_ a: AtomicUInt<UInt64>, _ value: UInt64) {
  a.store(value, order: .releasing)
}
public func storeSequentially(_ a: AtomicUInt<UInt64>, _ value: UInt64) { a.store(value) }
public func storeFloat(_ a: AtomicFloat<Double>, _ value: Double) {
  a.store(value, order: .relaxed)
}

public func exchange(_ a: AtomicUInt<UInt32>, _ value: UInt32) -> UInt32 {
  a.exchange(value, order: .acquiringAndReleasing)
}
public func exchangeBytes(_ a: AtomicBytes<4>) -> UInt8 { a.exchange([1, 2, 3, 4])[0] }
public func compareExchange(_ a: AtomicUInt<UInt64>, _ old: UInt64, _ new: UInt64) -> Bool {
  a.compareExchange(expected: old, desired: new, order: .releasing).exchanged
}
public func weakCompareExchange(_ a: AtomicInt<Int64>, _ old: Int64, _ new: Int64) -> Int64 {
  a.weakCompareExchange(expected: old, desired: new, order: .acquiring, failureOrder: .relaxed)
    .original
}
public func compareExchangePair(_ a: AtomicUInt<UInt128>) -> Bool {
  a.compareExchange(expected: 1, desired: 2).exchanged
}

public func fetchAdd(_ a: AtomicUInt<UInt64>, _ value: UInt64) -> UInt64 {
  a.fetchAdd(value, order: .relaxed)
}
public func fetchAddSigned(_ a: AtomicInt<Int16>, _ value: Int16) -> Int16 { a.fetchAdd(value) }
public func fetchSub(_ a: AtomicUInt<UInt32>, _ value: UInt32) -> UInt32 { a.fetchSub(value) }
public func addFetch(_ a: AtomicUInt<UInt8>, _ value: UInt8) -> UInt8 { a.addFetch(value) }
public func fetchInc(_ a: AtomicInt<Int>) -> Int { a.fetchInc(order: .acquiring) }
public func decFetch(_ a: AtomicInt<Int>) -> Int { a.decFetch(order: .releasing) }

public func add(_ a: AtomicUInt<UInt64>, _ value: UInt64) { a.add(value) }
public func sub(_ a: AtomicUInt<UInt64>, _ value: UInt64) { a.sub(value) }
public func inc(_ a: AtomicUInt<UInt64>) { a.inc() }
public func or(_ a: AtomicUInt<UInt64>, _ value: UInt64) { a.or(value) }
public func and(_ a: AtomicUInt<UInt8>, _ value: UInt8) { a.and(value) }
public func xor(_ a: AtomicUInt<UInt32>, _ value: UInt32) { a.xor(value) }
public func not(_ a: AtomicUInt<UInt32>) { a.not() }

public func andnot(_ a: AtomicUInt<UInt16>, _ value: UInt16) { a.andnot(value) }

public func bitTest(_ a: AtomicUInt<UInt64>) -> Bool { a.bitTest(40) }
public func bitTestAndSet(_ a: AtomicUInt<UInt64>) -> Bool { a.bitTestAndSet(40, order: .relaxed) }
public func bitTestAndReset(_ a: AtomicInt<Int32>) -> Bool { a.bitTestAndReset(31) }
public func bitTestAndComplement(_ a: AtomicBytes<8>) -> Bool { a.bitTestAndComplement(3) }

public func owned() -> UInt64 {
  let value = OwnedAtomic<UInt64>(7)
  value.add(2, order: .relaxed)
  return value.fetchAdd(3)
}
