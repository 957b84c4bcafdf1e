// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(4))) struct LinearizabilityCheckerTests {
  private let line = Timeline()

  // MARK: - What it must refuse

  @Test("a read that comes too late to see what it saw")
  func staleRead() throws {
    let stale = [
      line.store(0, 0...10, 1), line.load(1, 20...30, 1), line.load(2, 40...50, 0),
    ]
    let failure = try #require(line.failure(of: stale[0], stale[1], stale[2]))
    #expect(failure.prefix.map(\.lane) == [0, 1] && failure.value == 1)
    #expect(failure.unplaced.map(\.lane) == [2])
    #expect("\(failure)".contains("of 3 operations at most 2 fit"))
    #expect(
      "\(failure)".contains(
        "lane 2: load found 0, left 0, within 40...50 (no later than here): it would find 1"))
    // Two readers beside one writer must not see it come and go.
    #expect(
      !line.accepts(line.store(0, 0...100, 1), line.load(1, 10...20, 1), line.load(2, 30...40, 0)))
  }

  @Test("an update that is lost")
  func lostUpdate() {
    #expect(!line.accepts(line.add(0, 0...10, 1, found: 0), line.add(1, 5...15, 1, found: 0)))
    #expect(
      !line.accepts(
        line.add(0, 0...10, 1, found: 0), line.add(1, 5...15, 1, found: 1), line.load(2, 20...30, 1)
      ))
  }

  @Test("an operation that is applied twice")
  func doubleApply() {
    #expect(!line.accepts(line.add(0, 0...10, 1, found: 0), line.load(1, 20...30, 2)))
    let pending = RecordedOperation(pending: 0, line.request(.add, 1), invoked: 0)
    #expect(!line.accepts(pending, line.load(1, 20...30, 1), line.load(1, 40...50, 2)))
  }

  @Test("a compare-exchange that fails, or does not, against its own word")
  func wrongCompareExchange() {
    let line = Timeline(from: 5)
    let exchange = line.request(.compareExchangeStrong, 9, expected: 5)
    // It failed although the value was the expected one.
    #expect(!line.accepts(line.saw(0, exchange, 0...10, 5, 5, false)))
    // It failed on a value that never was.
    #expect(!line.accepts(line.saw(0, exchange, 0...10, 6, 6, false)))
    // It failed and left its value all the same.
    #expect(
      !line.accepts(
        line.store(0, 0...10, 7), line.saw(0, exchange, 20...30, 7, 7, false),
        line.load(0, 40...50, 9)))
    // It succeeded on another value.
    #expect(!line.accepts(line.store(0, 0...10, 7), line.saw(0, exchange, 20...30, 5, 9)))
    let weak = line.request(.compareExchangeWeak, 9, expected: 5)
    #expect(!line.accepts(line.saw(0, weak, 0...10, 6, 6, false)))
  }

  @Test("half of a wide value")
  func tornRead() {
    let wide = Timeline("u128", from: 0)
    let (first, second) = (UInt128(1) << 64 | 1, UInt128(2) << 64 | 2)
    #expect(wide.accepts(wide.store(0, 0...10, first), wide.load(1, 5...6, first)))
    #expect(
      !wide.accepts(
        wide.store(0, 0...10, first), wide.store(0, 20...30, second),
        wide.load(1, 25...26, UInt128(2) << 64 | 1)))
  }

  @Test("what one connection sent later and saw earlier")
  func orderOfALane() {
    // Under way together, and in one lane: the load stands behind the store.
    #expect(line.accepts(line.store(0, 0...10, 1), line.load(0, 1...11, 1)))
    #expect(!line.accepts(line.store(0, 0...10, 1), line.load(0, 1...11, 0)))
    #expect(line.accepts(line.store(0, 0...10, 1), line.load(1, 1...11, 0)))
  }

  @Test("a pending operation cannot take effect before it was sent, nor out of its lane's order")
  func pendingTooEarly() {
    let pending = RecordedOperation(pending: 0, line.request(.add, 3), invoked: 20)
    #expect(!line.accepts(line.load(1, 0...10, 3), pending))
    let stores = [1, 2].map {
      RecordedOperation(pending: 0, line.request(.store, $0), invoked: 0)
    }
    #expect(
      !line.accepts(stores[0], stores[1], line.load(1, 0...10, 2), line.load(1, 20...30, 1)))
  }

  // MARK: - What it must accept

  @Test("an order that follows neither the sending nor the answers")
  func trickyOrder() {
    // Sent 0, 1, 2, 3 and answered 3, 0, 2, 1; done 2, 0, 3, 1.
    #expect(
      line.accepts(
        line.add(0, 0...50, 1, found: 10), line.add(1, 1...80, 2, found: 15),
        line.store(2, 2...70, 10), line.add(3, 3...40, 4, found: 11)))
    // A write whose answer is long in coming is seen by one reader and not yet by another before.
    #expect(
      line.accepts(line.store(0, 0...100, 1), line.load(1, 10...20, 0), line.load(2, 30...40, 1)))
    // A compare-exchange that failed on a value that was there for a moment only.
    let failed = line.saw(
      2, line.request(.compareExchangeStrong, 9, expected: 5), 0...100, 1, 1, false)
    #expect(line.accepts(line.store(0, 10...20, 1), line.store(0, 30...40, 5), failed))
  }

  @Test("a pending operation took effect at any time after it was sent, or never")
  func pending() {
    let add = RecordedOperation(pending: 0, line.request(.add, 3), invoked: 0)
    #expect(line.accepts(add, line.load(1, 10...20, 0)))
    #expect(line.accepts(add, line.load(1, 10...20, 3)))
    #expect(line.accepts(add, line.load(1, 10...20, 0), line.load(1, 900...901, 3)))
    #expect(!line.accepts(add, line.load(1, 10...20, 3), line.load(1, 900...901, 0)))
    // A pending weak one may have failed by itself, and what followed it not.
    let weak = RecordedOperation(
      pending: 0, line.request(.compareExchangeWeak, 9, expected: 0), invoked: 0)
    let next = RecordedOperation(pending: 0, line.request(.add, 1), invoked: 1)
    #expect(line.accepts(weak, next, line.load(1, 10...20, 1)))
    #expect(line.accepts(weak, next, line.load(1, 10...20, 10)))
    #expect(!line.accepts(weak, next, line.load(1, 10...20, 11)))
  }

  @Test("a weak compare-exchange fails by itself")
  func spuriousFailure() {
    let weak = line.request(.compareExchangeWeak, 9, expected: 0)
    #expect(line.accepts(line.saw(0, weak, 0...10, 0, 0, false), line.load(0, 20...30, 0)))
  }

  @Test("a wait runs where its precondition holds, and nowhere else")
  func waits() {
    let take = line.request(.decrement)
    let once = RecordedOperation.Precondition(.greaterOrEqual, 1)
    #expect(
      line.accepts(line.saw(0, take, 0...100, 1, 0, after: once), line.add(1, 10...20, 1, found: 0))
    )
    #expect(
      !line.accepts(
        line.saw(0, take, 0...100, 0, .init(UInt64.max), after: once), line.load(1, 10...20, 0)))
    let waiting = RecordedOperation(pending: 0, take, after: once, invoked: 0)
    #expect(line.accepts(waiting, line.load(1, 10...20, 0)))
    #expect(!line.accepts(waiting, line.load(1, 10...20, UInt128(UInt64.max))))
  }

  // MARK: - How it answers

  @Test("what takes too long is undecided, and what nobody can have recorded is invalid")
  func otherVerdicts() {
    let stores = (0..<12).map { line.store($0, 0...100, UInt128($0)) }
    let hopeless = stores + [line.load(20, 200...300, 99)]
    guard case .undecided(limit: 100) = line.check(hopeless, limit: 100) else {
      Issue.record("decided")
      return
    }
    guard case .refused = line.check(Array(hopeless.dropFirst(5))) else {
      Issue.record("undecided")
      return
    }
    for wrong in [
      [line.load(0, 20...30, 0), line.load(0, 10...40, 0)],
      [line.load(0, 0...30, 0), line.load(0, 10...20, 0)],
      [
        RecordedOperation(pending: 0, line.request(.load), invoked: 0), line.load(0, 10...20, 0),
      ],
    ] {
      guard case .invalid(let text) = line.check(wrong) else {
        Issue.record("valid: \(wrong)")
        continue
      }
      #expect(text.contains("stands behind a later one"))
    }
  }

  @Test("the order that it finds is one", arguments: ["u64", "i16", "bytes16", "f64"])
  func order(type: String) throws {
    var generator = HistoryGenerator(seed: 5)
    let history = try generator.history(of: 300, lanes: 8, overlap: 8, on: Timeline(type).type)
    guard case .linearizable(let order, _) = LinearizabilityChecker.check(history) else {
      Issue.record("refused")
      return
    }
    #expect(order.count == 300)
    var value = history.initial
    for operation in order {
      value = try #require(RegisterModel.values(after: operation, on: value).first)
    }
    for (index, operation) in order.enumerated() {
      #expect(!order[(index + 1)...].contains { $0.responded < operation.invoked })
    }
  }

  @Test("sixteen clients of a thousand operations are soon checked, and one wrong answer is found")
  func isFast() throws {
    var generator = HistoryGenerator(seed: 1)
    var history = try generator.history(
      of: 16_000, lanes: 16, overlap: 12, on: Timeline("u32").type)
    #expect(LinearizabilityChecker.check(history).isLinearizable)
    let index = try #require(
      history.operations.indices.dropFirst(8_000).first {
        history.operations[$0].request.operation == .add && !history.operations[$0].changesNothing
      })
    let told = history.operations[index]
    let outcome = try #require(told.outcome)
    history.operations[index] = told.telling(
      AtomicOutcome(old: outcome.old ^ 0x40, new: outcome.new ^ 0x40))
    guard case .refused(let failure) = LinearizabilityChecker.check(history) else {
      Issue.record("not refused: \(told)")
      return
    }
    #expect(failure.unplaced.contains { $0.invoked == told.invoked && $0.lane == told.lane })
  }
}
