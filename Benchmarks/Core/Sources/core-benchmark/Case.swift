// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// Whose loop it is.
enum Face: String, CaseIterable {
  case c
  /// C with eight nops in each turn.
  case spaced
  case typed
  case synchronization
  /// A request that was made once, performed through a cell.
  case request
  /// The call that takes everything as values.
  case values
}

/// One operation at one width and order, with a loop over it for each face that has it.
struct Case: Sendable {
  let name: String
  let byteCount: Int
  let order: MemoryOrder
  let failureOrder: MemoryOrder
  let loops: [Face: Loop]

  init<Value: AtomicInteger, Order: FixedOrder, Failure: FixedOrder>(
    _ operation: AtomicOperation, fetches: Bool = false, _: Value.Type, _: Order.Type,
    _: Failure.Type, typed: @escaping Loop, synchronization: Loop?
  ) {
    name = (fetches ? "fetch_" : "") + operation.row.name
    byteCount = Value.atomicWidth.byteCount
    order = Order.order
    failureOrder = Failure.order
    let runtime = RuntimeOperation(
      operation: operation, type: Value.registerType, order: order, failureOrder: failureOrder)
    var loops: [Face: Loop] = [
      .typed: typed, .request: runtime.requests, .values: runtime.calls,
    ]
    if Value.self == UInt64.self { loops[.synchronization] = synchronization }
    for (face, isSpaced) in [(Face.c, false), (.spaced, true)] {
      guard
        let baseline = Word.baseline(
          name, byteCount: byteCount, order: order, failureOrder: failureOrder, isSpaced: isSpaced)
      else {
        preconditionFailure("no C function for \(name) on \(byteCount) bytes, \(order.name)")
      }
      loops[face] = baseline
    }
    self.loops = loops
  }

  /// The fields of a line that tell what was measured.
  var fields: String { "\(name)\t\(byteCount)\t\(order.name)\t\(failureOrder.name)" }

  /// One turn adds 1 or writes it; a compare-exchange finds the 0 it expects and leaves it there.
  func run(_ loop: Loop, on word: Word, turns: Int) {
    _ = loop(word, turns, name == "cmpxchg_strong" ? 0 : 1, 0)
  }

  /// The faces that have the operation, always in the same order.
  var faces: [(face: Face, loop: Loop)] {
    Face.allCases.compactMap { face in loops[face].map { (face, $0) } }
  }
}

extension Case {
  static let all: [Case] =
    narrow(UInt64.self) + narrow(UInt32.self) + narrow(UInt16.self) + narrow(UInt8.self)
    + loads(UInt128.self) + compareExchanges(UInt128.self)

  private static func narrow<Value: AtomicInteger & UnsignedInteger>(_: Value.Type) -> [Case] {
    loads(Value.self) + stores(Value.self) + compareExchanges(Value.self)
      + updates(Value.self, Relaxed.self) + updates(Value.self, Acquiring.self)
      + updates(Value.self, Releasing.self) + updates(Value.self, AcquiringAndReleasing.self)
      + updates(Value.self, SequentiallyConsistent.self)
  }

  private static func loads<Value: AtomicInteger & UnsignedInteger>(_: Value.Type) -> [Case] {
    func load<Order: FixedOrder>(_: Order.Type) -> Case {
      Case(
        .load, Value.self, Order.self, Order.self, typed: TypedLoops<Value, Order, Order>.load,
        synchronization: SynchronizationLoops<Order, Order>.load)
    }
    return [load(Relaxed.self), load(Acquiring.self), load(SequentiallyConsistent.self)]
  }

  private static func stores<Value: AtomicInteger & UnsignedInteger>(_: Value.Type) -> [Case] {
    func store<Order: FixedOrder>(_: Order.Type) -> Case {
      Case(
        .store, Value.self, Order.self, Order.self, typed: TypedLoops<Value, Order, Order>.store,
        synchronization: SynchronizationLoops<Order, Order>.store)
    }
    return [store(Relaxed.self), store(Releasing.self), store(SequentiallyConsistent.self)]
  }

  private static func compareExchanges<Value: AtomicInteger & UnsignedInteger>(
    _: Value.Type
  ) -> [Case] {
    func exchange<Order: FixedOrder, Failure: FixedOrder>(
      _: Order.Type, _: Failure.Type
    ) -> Case {
      Case(
        .compareExchangeStrong, Value.self, Order.self, Failure.self,
        typed: TypedLoops<Value, Order, Failure>.compareExchange,
        synchronization: SynchronizationLoops<Order, Failure>.compareExchange)
    }
    return [
      exchange(Relaxed.self, Relaxed.self), exchange(Acquiring.self, Relaxed.self),
      exchange(Acquiring.self, Acquiring.self), exchange(Releasing.self, Relaxed.self),
      exchange(Releasing.self, Acquiring.self),
      exchange(AcquiringAndReleasing.self, Relaxed.self),
      exchange(AcquiringAndReleasing.self, Acquiring.self),
      exchange(SequentiallyConsistent.self, Relaxed.self),
      exchange(SequentiallyConsistent.self, Acquiring.self),
      exchange(SequentiallyConsistent.self, SequentiallyConsistent.self),
    ]
  }

  /// The read-modify-writes, which take any order.
  private static func updates<Value: AtomicInteger & UnsignedInteger, Order: FixedOrder>(
    _: Value.Type, _: Order.Type
  ) -> [Case] {
    typealias Typed = TypedLoops<Value, Order, Order>
    typealias Theirs = SynchronizationLoops<Order, Order>
    func update(
      _ operation: AtomicOperation, fetches: Bool = false, _ typed: @escaping Loop,
      _ synchronization: Loop? = nil
    ) -> Case {
      Case(
        operation, fetches: fetches, Value.self, Order.self, Order.self, typed: typed,
        synchronization: synchronization)
    }
    return [
      update(.exchange, Typed.exchange, Theirs.exchange),
      update(.add, fetches: true, Typed.fetchAdd, Theirs.fetchAdd),
      update(.add, Typed.add, Theirs.add),
      update(.bitTestSet, Typed.bitTestAndSet),
      update(.bitTestReset, Typed.bitTestAndReset),
      update(.bitTestComplement, Typed.bitTestAndComplement),
    ]
  }
}
