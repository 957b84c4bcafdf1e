// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline

/// Runs one operation that many times on the word; takes the operand, or the desired
/// value, and the expected one. The result keeps what was read alive.
typealias Loop = @Sendable (Word, Int, UInt64, UInt64) -> UInt64

/// The loop that every face has in common, as CBaseline.c writes it.
@inline(__always)
func repeatedly<Failure: Error>(
  _ turns: Int, _ body: () throws(Failure) -> Void
) throws(Failure) {
  var turns = turns
  while turns > 0 {
    try body()
    turns = cb_next(turns)
  }
}

/// The one bit that bit operations are measured with.
@inline(__always) var measuredBit: Int { 3 }

/// Loops over the typed face, each as CBaseline.c writes it over the compiler's builtin.
enum TypedLoops<Value: AtomicInteger & UnsignedInteger, Order: FixedOrder, Failure: FixedOrder> {
  @inline(__always)
  private static func sum(_ word: Word, _ turns: Int, _ turn: (AtomicUInt<Value>) -> Value)
    -> UInt64
  {
    let atomic: AtomicUInt<Value> = word.atomic()
    var sum: Value = 0
    repeatedly(turns) { sum &+= turn(atomic) }
    return UInt64(truncatingIfNeeded: sum)
  }

  @inline(never)
  static func load(_ word: Word, _ turns: Int, _: UInt64, _: UInt64) -> UInt64 {
    sum(word, turns) { $0.load(order: Order.order) }
  }

  @inline(never)
  static func store(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    let operand = Value(truncatingIfNeeded: operand)
    return sum(word, turns) {
      $0.store(operand, order: Order.order)
      return 0
    }
  }

  @inline(never)
  static func exchange(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    let operand = Value(truncatingIfNeeded: operand)
    return sum(word, turns) { $0.exchange(operand, order: Order.order) }
  }

  @inline(never)
  static func compareExchange(_ word: Word, _ turns: Int, _ desired: UInt64, _ expected: UInt64)
    -> UInt64
  {
    let desired = Value(truncatingIfNeeded: desired)
    let expected = Value(truncatingIfNeeded: expected)
    return sum(word, turns) {
      let result = $0.compareExchange(
        expected: expected, desired: desired, order: Order.order, failureOrder: Failure.order)
      if result.exchanged { cb_notice() }
      return 0
    }
  }

  @inline(never)
  static func fetchAdd(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    let operand = Value(truncatingIfNeeded: operand)
    return sum(word, turns) { $0.fetchAdd(operand, order: Order.order) }
  }

  @inline(never)
  static func add(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    let operand = Value(truncatingIfNeeded: operand)
    return sum(word, turns) {
      $0.add(operand, order: Order.order)
      return 0
    }
  }

  @inline(never)
  static func bitTestAndSet(_ word: Word, _ turns: Int, _: UInt64, _: UInt64) -> UInt64 {
    sum(word, turns) {
      if $0.bitTestAndSet(measuredBit, order: Order.order) { cb_notice() }
      return 0
    }
  }

  @inline(never)
  static func bitTestAndReset(_ word: Word, _ turns: Int, _: UInt64, _: UInt64) -> UInt64 {
    sum(word, turns) {
      if $0.bitTestAndReset(measuredBit, order: Order.order) { cb_notice() }
      return 0
    }
  }

  @inline(never)
  static func bitTestAndComplement(_ word: Word, _ turns: Int, _: UInt64, _: UInt64) -> UInt64 {
    sum(word, turns) {
      if $0.bitTestAndComplement(measuredBit, order: Order.order) { cb_notice() }
      return 0
    }
  }
}
