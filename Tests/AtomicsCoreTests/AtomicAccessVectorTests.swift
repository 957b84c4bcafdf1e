// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

/// The vector file against the typed face.
@Suite struct AtomicAccessVectorTests {
  private let memory = CellMemory()

  @Test("every accepted vector finds, leaves and reports what the model says")
  func accepted() {
    var performed: Set<AtomicOperation> = []
    var types: Set<RegisterType> = []
    for vector in Vectors.accepted {
      check(vector)
      performed.insert(vector.operationName.operation)
      types.insert(vector.registerType)
    }
    #expect(performed == Set(AtomicOperation.allCases))
    #expect(types == Set(RegisterType.all))
  }

  private func check(_ vector: Vector) {
    switch vector.type {
    case "u8": check(vector, integer: UInt8.self)
    case "u16": check(vector, integer: UInt16.self)
    case "u32": check(vector, integer: UInt32.self)
    case "u64":
      check(vector, integer: UInt64.self)
      check(vector, integer: UInt.self)
    case "u128": check(vector, integer: UInt128.self)
    case "i8": check(vector, integer: Int8.self)
    case "i16": check(vector, integer: Int16.self)
    case "i32": check(vector, integer: Int32.self)
    case "i64":
      check(vector, integer: Int64.self)
      check(vector, integer: Int.self)
    case "i128": check(vector, integer: Int128.self)
    case "bytes1": check(vector, bytes: InlineArray<1, UInt8>.self)
    case "bytes2": check(vector, bytes: InlineArray<2, UInt8>.self)
    case "bytes4": check(vector, bytes: InlineArray<4, UInt8>.self)
    case "bytes8": check(vector, bytes: InlineArray<8, UInt8>.self)
    case "bytes16": check(vector, bytes: InlineArray<16, UInt8>.self)
    case "f32": check(vector, float: Float.self)
    case "f64": check(vector, float: Double.self)
    default: Issue.record("the typed face has no \(vector.type)")
    }
  }

  private func check<Value: AtomicInteger>(_ vector: Vector, integer _: Value.Type) {
    check(vector, Value.self) {
      $0.masked($1) ?? $0.related($1) ?? $0.bounded($1) ?? $0.base($1) ?? $0.bitwise($1)
        ?? $0.arithmetic($1) ?? $0.conditional($1)
    }
  }

  private func check<Value: AtomicFloatingPoint>(_ vector: Vector, float _: Value.Type) {
    check(vector, Value.self) { $0.related($1) ?? $0.base($1) ?? $0.floating($1) }
  }

  private func check<Value: AtomicByteString>(_ vector: Vector, bytes _: Value.Type) {
    check(vector, Value.self) {
      $0.masked($1) ?? $0.related($1) ?? $0.base($1) ?? $0.bitwise($1) ?? $0.comparison($1)
    }
  }

  private func check<Value: AtomicValue>(
    _ vector: Vector, _: Value.Type, _ perform: (AtomicView<Value>, Vector) -> Finding?
  ) {
    let size = Value.atomicWidth.byteCount
    // The neighbours, on both sides, show an operation that writes beyond its width.
    memory.fill(0xA5, count: 3 * size)
    let view = memory.view(of: Value.self, at: size)
    view.store(Value(atomicBits: vector.bits(vector.initial)))
    guard let finding = perform(view, vector) else {
      Issue.record("\(vector) has no operation")
      return
    }
    let outcome = vector.outcome
    #expect(finding.old == nil || finding.old == outcome.old, "\(vector)")
    #expect(finding.new == nil || finding.new == outcome.new, "\(vector)")
    #expect(finding.succeeded == outcome.succeeded, "\(vector)")
    #expect(view.bits == vector.bits(vector.final), "\(vector)")
    for byte in 0..<size {
      #expect(memory.byte(at: byte) == 0xA5, "\(vector) wrote before its value")
      #expect(memory.byte(at: 2 * size + byte) == 0xA5, "\(vector) wrote after its value")
    }
  }
}

/// What an operation told, as far as it tells.
private struct Finding {
  var old: UInt128?
  var new: UInt128?
  var succeeded = true
}

extension Vector {
  fileprivate var givenOrder: MemoryOrder {
    guard let memoryOrder else { preconditionFailure("\(self) has no order") }
    return memoryOrder
  }
  fileprivate func value<Value: AtomicValue>(_ text: String?) -> Value {
    Value(atomicBits: bits(text))
  }
  fileprivate var bit: Int { Int(index ?? 0) }
}

extension AtomicView {
  fileprivate var bits: UInt128 { bits(load()) }

  fileprivate func bits(_ value: Value) -> UInt128 {
    value.atomicBits & Value.atomicWidth.mask
  }

  fileprivate func finding(old value: Value) -> Finding { Finding(old: bits(value)) }
  fileprivate func finding(new value: Value) -> Finding { Finding(new: bits(value)) }

  /// The form of a read-modify-write that `vector` names.
  fileprivate func finding(
    _ vector: Vector, _ plain: () -> Void, _ old: () -> Value, _ new: () -> Value
  ) -> Finding {
    switch vector.operationName.returns {
    case .nothing:
      plain()
      return Finding()
    case .old: return finding(old: old())
    case .new: return finding(new: new())
    }
  }

  /// A compare-exchange with a relation.
  fileprivate func related(_ vector: Vector) -> Finding? {
    guard case .relation(let relation)? = vector.modifier else { return nil }
    let expected: Value = vector.value(vector.expected)
    let desired: Value = vector.value(vector.operand)
    let order = vector.givenOrder
    if vector.operationName.operation == .compareExchangeStrong {
      return finding(
        compareExchange(
          when: relation, expected, desired: desired, order: order,
          failureOrder: vector.failureMemoryOrder))
    }
    return finding(
      weakCompareExchange(
        when: relation, expected, desired: desired, order: order,
        failureOrder: vector.failureMemoryOrder))
  }

  fileprivate func base(_ vector: Vector) -> Finding? {
    let order = vector.givenOrder
    switch vector.operationName.operation {
    case .load: return finding(old: load(order: order))
    case .store:
      store(vector.value(vector.operand), order: order)
      return Finding()
    case .exchange: return finding(old: exchange(vector.value(vector.operand), order: order))
    case .compareExchangeStrong:
      return finding(
        compareExchange(
          expected: vector.value(vector.expected), desired: vector.value(vector.operand),
          order: order, failureOrder: vector.failureMemoryOrder))
    case .compareExchangeWeak:
      while true {
        let result = weakCompareExchange(
          expected: vector.value(vector.expected), desired: vector.value(vector.operand),
          order: order, failureOrder: vector.failureMemoryOrder)
        // It may fail by itself; it has then left the value alone.
        if result.exchanged || bits(result.original) != vector.bits(vector.expected) {
          return finding(result)
        }
      }
    default: return nil
    }
  }

  fileprivate func finding(_ result: CompareExchangeResult<Value>) -> Finding {
    Finding(old: bits(result.original), new: bits(result.new), succeeded: result.exchanged)
  }
}

extension AtomicView where Value: AtomicFloatingPoint {
  fileprivate func floating(_ vector: Vector) -> Finding? {
    let order = vector.givenOrder
    let operand: Value = vector.value(vector.operand)
    switch vector.operationName.operation {
    case .add:
      return finding(
        vector, { add(operand, order: order) }, { fetchAdd(operand, order: order) },
        { addFetch(operand, order: order) })
    case .sub:
      return finding(
        vector, { sub(operand, order: order) }, { fetchSub(operand, order: order) },
        { subFetch(operand, order: order) })
    case .min:
      return finding(
        vector, { min(operand, order: order) }, { fetchMin(operand, order: order) },
        { minFetch(operand, order: order) })
    case .max:
      return finding(
        vector, { max(operand, order: order) }, { fetchMax(operand, order: order) },
        { maxFetch(operand, order: order) })
    default: return nil
    }
  }
}

extension AtomicView where Value: AtomicBitwiseValue {
  /// An exchange with a mask.
  fileprivate func masked(_ vector: Vector) -> Finding? {
    guard case .mask(let mask)? = vector.modifier else { return nil }
    return finding(
      old: exchange(
        vector.value(vector.operand), mask: Value(atomicBits: mask), order: vector.givenOrder))
  }

  fileprivate func bitwise(_ vector: Vector) -> Finding? {
    let order = vector.givenOrder
    let operand: Value = vector.value(vector.operand)
    func bit(_ was: Bool) -> Finding { Finding(old: was ? 1 : 0) }
    switch vector.operationName.operation {
    case .bitTest: return bit(bitTest(vector.bit, order: order))
    case .bitTestSet: return bit(bitTestAndSet(vector.bit, order: order))
    case .bitTestReset: return bit(bitTestAndReset(vector.bit, order: order))
    case .bitTestComplement: return bit(bitTestAndComplement(vector.bit, order: order))
    case .or:
      return finding(
        vector, { or(operand, order: order) }, { fetchOr(operand, order: order) },
        { orFetch(operand, order: order) })
    case .xor:
      return finding(
        vector, { xor(operand, order: order) }, { fetchXor(operand, order: order) },
        { xorFetch(operand, order: order) })
    case .and:
      return finding(
        vector, { and(operand, order: order) }, { fetchAnd(operand, order: order) },
        { andFetch(operand, order: order) })
    case .nand:
      return finding(
        vector, { nand(operand, order: order) }, { fetchNand(operand, order: order) },
        { nandFetch(operand, order: order) })
    case .andnot:
      return finding(
        vector, { andnot(operand, order: order) }, { fetchAndnot(operand, order: order) },
        { andnotFetch(operand, order: order) })
    case .not:
      return finding(
        vector, { not(order: order) }, { fetchNot(order: order) }, { notFetch(order: order) })
    default: return nil
    }
  }
}

extension AtomicView where Value: AtomicInteger {
  /// Arithmetic with an overflow policy.
  fileprivate func bounded(_ vector: Vector) -> Finding? {
    guard case .overflow(let policy, let least, let greatest)? = vector.modifier else { return nil }
    var range: ClosedRange<Value>?
    if least != nil || greatest != nil {
      let lower = least.map(Value.init(atomicBits:)) ?? .min
      range = lower...(greatest.map(Value.init(atomicBits:)) ?? .max)
    }
    let order = vector.givenOrder
    let operand: Value = vector.value(vector.operand)
    return switch vector.operationName.operation {
    case .add: finding(add(operand, overflow: policy, within: range, order: order))
    case .sub: finding(sub(operand, overflow: policy, within: range, order: order))
    case .increment: finding(inc(overflow: policy, within: range, order: order))
    case .decrement: finding(dec(overflow: policy, within: range, order: order))
    case .negate: finding(neg(overflow: policy, within: range, order: order))
    default: nil
    }
  }

  fileprivate func conditional(_ vector: Vector) -> Finding? {
    let (order, failureOrder) = (vector.givenOrder, vector.failureMemoryOrder)
    switch vector.operationName.operation {
    case .addUnless:
      return finding(
        addUnless(
          vector.value(vector.operand), equal: vector.value(vector.unless), order: order,
          failureOrder: failureOrder))
    case .incrementIfNotZero:
      return finding(incrementIfNotZero(order: order, failureOrder: failureOrder))
    case .decrementIfPositive:
      return finding(decrementIfPositive(order: order, failureOrder: failureOrder))
    default: return nil
    }
  }

  fileprivate func arithmetic(_ vector: Vector) -> Finding? {
    let order = vector.givenOrder
    let operand: Value = vector.value(vector.operand)
    switch vector.operationName.operation {
    case .add:
      return finding(
        vector, { add(operand, order: order) }, { fetchAdd(operand, order: order) },
        { addFetch(operand, order: order) })
    case .sub:
      return finding(
        vector, { sub(operand, order: order) }, { fetchSub(operand, order: order) },
        { subFetch(operand, order: order) })
    case .min:
      return finding(
        vector, { min(operand, order: order) }, { fetchMin(operand, order: order) },
        { minFetch(operand, order: order) })
    case .max:
      return finding(
        vector, { max(operand, order: order) }, { fetchMax(operand, order: order) },
        { maxFetch(operand, order: order) })
    case .increment:
      return finding(
        vector, { inc(order: order) }, { fetchInc(order: order) }, { incFetch(order: order) })
    case .decrement:
      return finding(
        vector, { dec(order: order) }, { fetchDec(order: order) }, { decFetch(order: order) })
    case .negate:
      return finding(
        vector, { neg(order: order) }, { fetchNeg(order: order) }, { negFetch(order: order) })
    default: return nil
    }
  }
}

extension AtomicView where Value: AtomicByteString {
  fileprivate func comparison(_ vector: Vector) -> Finding? {
    let order = vector.givenOrder
    let operand: Value = vector.value(vector.operand)
    switch vector.operationName.operation {
    case .byteMin:
      return finding(
        vector, { byteMin(operand, order: order) }, { fetchByteMin(operand, order: order) },
        { byteMinFetch(operand, order: order) })
    case .byteMax:
      return finding(
        vector, { byteMax(operand, order: order) }, { fetchByteMax(operand, order: order) },
        { byteMaxFetch(operand, order: order) })
    default: return nil
    }
  }
}
