// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Synchronization
import TestSupport
import Testing

/// Contended read-modify-writes lose nothing, at every width: each family's total is exact.
@Suite(.serialized) struct ReadModifyWriteConcurrencyTests {
  static let threads = 4
  static let turns = 3_000
  static let types = RegisterType.all.filter { $0.kind == .unsigned }

  private func request(
    _ operation: AtomicOperation, _ type: RegisterType, order: MemoryOrder = .relaxed,
    operand: UInt128 = 0, expected: UInt128 = 0, index: UInt8 = 0
  ) -> AtomicRequest {
    do {
      return try AtomicRequest(
        operation, on: type, order: order, operand: operand, expected: expected, index: index)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  @Test("additions and subtractions", arguments: types)
  func arithmetic(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    onThreads(Self.threads) { thread in
      let add = request(.add, type, operand: UInt128(3 + 2 * thread))
      let sub = request(.sub, type, operand: UInt128(1 + thread))
      let (inc, dec) = (request(.increment, type), request(.decrement, type))
      for turn in 0..<Self.turns {
        _ = cell.perform(add)
        _ = cell.perform(sub)
        _ = cell.perform(turn % 3 == 0 ? dec : inc)
      }
    }
    var total: UInt128 = 0
    for thread in 0..<Self.threads {
      let decrements = (Self.turns + 2) / 3
      let each = 3 + 2 * thread - (1 + thread)
      total &+= UInt128(Self.turns * each + Self.turns - 2 * decrements)
    }
    #expect(cell.load() == total & type.width.mask)
  }

  @Test("every old value of an increment is seen once", arguments: types)
  func tickets(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    let perThread = type.width == .one ? 64 : Self.turns
    let tickets = onThreads(Self.threads) { _ in
      let inc = request(.increment, type)
      return (0..<perThread).map { _ in cell.perform(inc).old }
    }
    let total = UInt128(Self.threads * perThread)
    #expect(tickets.flatMap { $0 }.sorted() == Array(0..<total))
  }

  @Test("a thread's own bit is set, cleared and flipped by nobody else", arguments: types)
  func bits(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    let faults = Faults()
    onThreads(Self.threads) { thread in
      // Spread over the word: the upper half of 16 bytes has instructions of its own.
      let index = UInt8((thread + 1) * type.width.bitCount / Self.threads - 1)
      let bit = UInt128(1) << UInt128(index)
      let set = [request(.or, type, operand: bit), request(.bitTestSet, type, index: index)]
      let clear = [
        request(.and, type, operand: type.width.mask ^ bit),
        request(.bitTestReset, type, index: index), request(.andnot, type, operand: bit),
      ]
      let flip = [
        request(.xor, type, operand: bit), request(.bitTestComplement, type, index: index),
      ]
      func was(_ outcome: AtomicOutcome, _ request: AtomicRequest) -> Bool {
        request.operation.isBitOperation ? outcome.old == 1 : outcome.old & bit != 0
      }
      for turn in 0..<Self.turns {
        let way = turn % 2
        faults.expect(!was(cell.perform(set[way]), set[way]))
        faults.expect(was(cell.perform(clear[turn % 3]), clear[turn % 3]))
        faults.expect(!was(cell.perform(flip[way]), flip[way]))
        faults.expect(was(cell.perform(flip[1 - way]), flip[1 - way]))
      }
      _ = cell.perform(set[0])
    }
    #expect(faults.count == 0)
    let all = (1...Self.threads).reduce(UInt128(0)) {
      $0 | 1 << UInt128($1 * type.width.bitCount / Self.threads - 1)
    }
    #expect(cell.load() == all)
  }

  @Test("complements and negations pair up", arguments: types)
  func inversions(type: RegisterType) {
    for operation in [AtomicOperation.not, .nand, .negate] {
      let memory = CellMemory()
      let cell = memory.cell(type)
      cell.store(5)
      let mask = type.width.mask
      let other = operation == .negate ? (0 &- 5) & mask : mask ^ 5
      let fives = Atomic<Int>(0)
      let faults = Faults()
      onThreads(Self.threads) { _ in
        let invert = request(operation, type, operand: operation == .nand ? mask : 0)
        for _ in 0..<Self.turns {
          let outcome = cell.perform(invert)
          faults.expect(
            outcome.old == 5 && outcome.new == other || outcome.old == other && outcome.new == 5)
          if outcome.old == 5 { fives.wrappingAdd(1, ordering: .relaxed) }
        }
      }
      #expect(faults.count == 0)
      #expect(fives.load(ordering: .relaxed) == Self.threads * Self.turns / 2)
      #expect(cell.load() == 5)
    }
  }

  @Test(
    "the least and the greatest of all values stay, whatever the turns",
    arguments: RegisterType.all.filter { $0.kind != .float })
  func extremes(type: RegisterType) {
    let ways: [AtomicOperation] = type.kind == .bytes ? [.byteMin, .byteMax] : [.min, .max]
    for (way, operation) in ways.enumerated() {
      let memory = CellMemory()
      let cell = memory.cell(type)
      let faults = Faults()
      let start = UInt128(type.width.byteCount)
      cell.store(start)
      @Sendable func isBetter(_ first: UInt128, than second: UInt128) -> Bool {
        way == 0 ? type.isLess(first, than: second) : type.isLess(second, than: first)
      }
      let given = onThreads(Self.threads) { thread in
        var generator = SeededGenerator(seed: UInt64(thread))
        return (0..<Self.turns).map { turn in
          // Nearly as extreme as what is there, so that threads keep displacing each other.
          let random = UInt128(generator.next()) << 64 | UInt128(generator.next())
          let value = (turn % 2 == 0 ? random : cell.load() ^ (random & 3)) & type.width.mask
          let outcome = cell.perform(request(operation, type, operand: value))
          let kept = isBetter(value, than: outcome.old) ? value : outcome.old
          faults.expect(outcome.new == kept)
          faults.expect(!isBetter(outcome.new, than: cell.load()))
          return value
        }
      }
      #expect(faults.count == 0)
      let best = given.flatMap { $0 }.reduce(start) { isBetter($1, than: $0) ? $1 : $0 }
      #expect(cell.load() == best)
    }
  }

  @Test("an exchange hands every value on once", arguments: types)
  func exchanges(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    let mask = type.width.mask
    let balances = onThreads(Self.threads) { thread in
      var generator = SeededGenerator(seed: UInt64(thread))
      var mine: UInt128 = 0
      for _ in 0..<Self.turns {
        let random = UInt128(generator.next()) << 64 | UInt128(generator.next())
        let given = random & mask
        mine = mine &+ given &- cell.perform(request(.exchange, type, operand: given)).old
      }
      return mine
    }
    #expect(balances.reduce(0, &+) & mask == cell.load())
  }

  @Test("compare-exchange loops, strong and weak, lose no turn", arguments: types)
  func compareExchange(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    let faults = Faults()
    onThreads(Self.threads) { thread in
      let operation: AtomicOperation =
        thread % 2 == 0 ? .compareExchangeWeak : .compareExchangeStrong
      // Every byte of the width takes part.
      let step = (UInt128.max / 255) & type.width.mask
      for _ in 0..<Self.turns {
        var expected = cell.load(order: .relaxed)
        while true {
          let desired = (expected &+ step) & type.width.mask
          let outcome = cell.perform(
            request(operation, type, operand: desired, expected: expected))
          if outcome.succeeded {
            faults.expect(outcome.old == expected && outcome.new == desired)
            break
          }
          faults.expect(operation == .compareExchangeWeak || outcome.old != expected)
          faults.expect(outcome.old == outcome.new)
          expected = outcome.old
        }
      }
    }
    #expect(faults.count == 0)
    let total = UInt128(Self.threads * Self.turns) &* (UInt128.max / 255)
    #expect(cell.load() == total & type.width.mask)
  }

  @Test("a load never sees half a store", arguments: types)
  func tearing(type: RegisterType) {
    let memory = CellMemory()
    let cell = memory.cell(type)
    let faults = Faults()
    let bytes = (UInt128.max / 255) & type.width.mask
    onThreads(Self.threads) { thread in
      let load = request(.load, type)
      for turn in 0..<Self.turns {
        if thread % 2 == 0 {
          let byte = UInt128((turn + thread * 100) % 251)
          _ = cell.perform(request(.store, type, operand: byte * bytes))
        } else {
          let value = cell.perform(load).old
          faults.expect(value == (value & 0xFF) * bytes)
          faults.expect(cell.load(order: .acquiring) % bytes == 0)
        }
      }
    }
    #expect(faults.count == 0)
  }
}
