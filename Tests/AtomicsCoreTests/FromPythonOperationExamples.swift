// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

// FromPython.md, continued: what atomics do.

func multiply(_ a: AtomicInt<Int32>, by operand: Int32) {
  var found = a.load(order: .relaxed)
  while true {
    let result = a.weakCompareExchange(expected: found, desired: found &* operand)
    if result.exchanged { return }
    found = result.original
  }
}

@Suite struct FromPythonOperationExamples {
  let memory = CellMemory()
  var a: AtomicInt<Int32> { memory.view(of: Int32.self) }
  var b: AtomicBytes<4> { memory.view(of: InlineArray<4, UInt8>.self, at: 16) }
  var cell: AtomicCell { memory.cell(.named("i32"), at: 32) }
  var bytes: AtomicCell { memory.cell(.named("bytes4"), at: 48) }

  @Test("operations, typed: access, exchange and bits")
  func typedAccess() {
    a.store(5)
    #expect(a.load() == 5)
    #expect(a.exchange(6) == 5)
    #expect(a.compareExchange(expected: 6, desired: 7).exchanged)
    while !a.weakCompareExchange(expected: 7, desired: 8).exchanged {}
    #expect(a.bitTest(3))
    #expect(!a.bitTestAndSet(0))
    #expect(a.bitTestAndReset(0))
    #expect(!a.bitTestAndComplement(0))
    #expect(a.load() == 9)
  }

  @Test("operations, typed: bitwise")
  func typedBitwise() {
    a.store(9)
    a.or(6)
    #expect(a.load() == 15)
    a.xor(6)
    #expect(a.load() == 9)
    a.and(6)
    #expect(a.load() == 0)
    a.not()
    #expect(a.load() == -1)
    a.store(9)
    #expect(a.fetchOr(6) == 9)
    #expect(a.fetchXor(6) == 15)
    #expect(a.fetchAnd(6) == 9)
    #expect(a.fetchNot() == 0)
    #expect(a.load() == -1)
  }

  @Test("operations, typed: arithmetic")
  func typedArithmetic() {
    a.add(5)
    #expect(a.load() == 5)
    a.add(5, order: .relaxed)
    a.sub(5)
    a.inc()
    a.inc()
    a.dec()
    #expect(a.load() == 6)
    a.neg()
    #expect(a.load() == -6)
    #expect(a.fetchAdd(5) == -6)
    #expect(a.fetchSub(5) == -1)
    #expect(a.fetchInc() == -6)
    #expect(a.fetchDec() == -5)
    #expect(a.fetchNeg() == -6)
    #expect(a.load() == 6)
  }

  @Test("operations, at run time: access, exchange and bits")
  func access() throws {
    try cell.perform(.store, operand: 5)
    #expect(try cell.perform(.load).old == 5)
    #expect(try cell.perform(.exchange, operand: 6).old == 5)
    #expect(try cell.perform(.compareExchangeStrong, operand: 7, expected: 6).succeeded)
    while !(try cell.perform(.compareExchangeWeak, operand: 8, expected: 7).succeeded) {}
    #expect(try cell.perform(.bitTest, index: 3).old == 1)
    #expect(try cell.perform(.bitTestSet, index: 0).old == 0)
    #expect(try cell.perform(.bitTestReset, index: 0).old == 1)
    #expect(try cell.perform(.bitTestComplement, index: 0).old == 0)
    #expect(cell.load() == 9)
  }

  @Test("operations, at run time: bitwise")
  func bitwise() throws {
    cell.store(9)
    try cell.perform(.or, operand: 6)
    #expect(try cell.perform(.or, operand: 6).old == 15)
    try cell.perform(.xor, operand: 6)
    #expect(try cell.perform(.xor, operand: 6).old == 9)
    try cell.perform(.and, operand: 6)
    #expect(try cell.perform(.and, operand: 6).old == 6)
    try cell.perform(.not)
    #expect(try cell.perform(.not).old == 0xFFFF_FFF9)
    #expect(cell.load() == 6)
  }

  @Test("operations, at run time: arithmetic")
  func arithmetic() throws {
    try cell.perform(.add, operand: 5)
    try cell.perform(.add, operand: 5, order: .relaxed)
    #expect(try cell.perform(.add, operand: 5).old == 10)
    try cell.perform(.sub, operand: 5)
    #expect(try cell.perform(.sub, operand: 5).old == 10)
    try cell.perform(.increment)
    #expect(try cell.perform(.increment).old == 6)
    try cell.perform(.decrement)
    #expect(try cell.perform(.decrement).old == 6)
    try cell.perform(.negate)
    #expect(try cell.perform(.negate).old == 0xFFFF_FFFB)
    #expect(cell.load() == 5)
  }

  @Test("operations on bytes")
  func onBytes() {
    b.store([1, 2, 3, 4])
    #expect(b.load()[0] == 1)
    let old: InlineArray<4, UInt8> = [1, 2, 3, 4]
    let new: InlineArray<4, UInt8> = [1, 2, 3, 5]
    let result = b.compareExchange(expected: old, desired: new)
    #expect(result.exchanged)
    let mask: InlineArray<4, UInt8> = [0, 0, 0, 0x80]
    #expect(b.fetchOr(mask)[3] == 5)
    #expect(b.bitTest(31))
  }

  @Test("values at run time")
  func values() throws {
    try cell.perform(.add, operand: cell.type.bits(of: -5))
    #expect(try cell.type.integer(of: cell.perform(.load).old) == -5)
    #expect(try cell.type.format(cell.perform(.load).old) == "-5")
    let data: [UInt8] = [1, 2, 3, 0xFF]
    try bytes.perform(.store, operand: bytes.type.bits(ofBytes: data.span))
    #expect(try bytes.type.bytes(of: bytes.perform(.load).old) == data)
    #expect(try bytes.type.format(bytes.perform(.load).old) == "010203ff")
  }

  @Test("compare-exchange")
  func compareExchange() throws {
    let result = a.compareExchange(expected: 0, desired: 1)
    let outcome = try cell.perform(.compareExchangeStrong, operand: 1, expected: 0)
    #expect(result.exchanged && outcome.succeeded)
    #expect(result.original == 0 && outcome.old == 0)
    #expect(result.new == 1 && outcome.new == 1)
    var kept = false
    if result.exchanged { kept = true }
    #expect(Bool(result) && kept)
    let (exchanged, original) = result.pair
    #expect(exchanged && original == 0)
    #expect(result.description == "CompareExchangeResult(exchanged: true, original: 0, new: 1)")
    let other = a.compareExchange(
      expected: 1, desired: 2, order: .releasing, failureOrder: .relaxed)
    #expect(!(result == other) && other.exchanged)
    #expect(!a.compareExchange(expected: 1, desired: 2, order: .relaxed).exchanged)

    multiply(a, by: 5)
    #expect(a.load() == 10)
    a.update { $0 &* 3 }
    #expect(a.load() == 30)
  }

  @Test("what is here and not there")
  func superset() {
    let old: InlineArray<4, UInt8> = [0, 0, 0, 0]
    let new: InlineArray<4, UInt8> = [0, 0, 0, 1]
    #expect(a.addFetch(5) == 5)
    #expect(a.orFetch(1) == 5)
    #expect(a.negFetch() == -5)
    #expect(a.fetchMin(3) == -5)
    #expect(a.fetchMax(9) == -5)
    #expect(b.fetchByteMin(old)[3] == 0)
    #expect(b.fetchByteMax(new)[3] == 0)
    a.nand(6)
    #expect(a.load() == -1)
    #expect(a.fetchAndnot(6) == -1)
    a.store(.max)
    #expect(a.add(1, overflow: .saturate).new == .max)
    a.store(8)
    #expect(!a.sub(9, overflow: .fail, within: 0...100).exchanged)
    #expect(a.addUnless(1, equal: 100).new == 9)
    #expect(a.incrementIfNotZero().new == 10)
    #expect(a.decrementIfPositive().new == 9)
    #expect(a.exchange(5, mask: 0xFF) == 9)
    #expect(a.compareExchange(when: .less, 10, desired: 10).exchanged)
    #expect(a.update(attempts: 3) { $0 &* 3 }.new == 30)

    let float = OwnedAtomic<Double>(1.5)
    let before = float.fetchAdd(0.25)
    let between = float.fetchMax(8)
    #expect((before, between) == (1.5, 1.75))

    AtomicFence.thread(.acquiring)
    AtomicFence.signal(.releasing)
    AtomicFence.spinHint()
    #expect(AtomicWidth.sixteen.isLockFree || !AtomicWidth.sixteen.hasReadOnlyLoad)
  }
}
