// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization
import TestSupport
import Testing

@testable import AtomicsClient

@Suite(.timeLimit(.minutes(1))) struct WatchFeedTests {
  private let u64: RegisterType

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
  }

  private func event(_ kind: RegisterEvent.Kind, _ name: String = "x") -> RegisterEvent {
    RegisterEvent(name: name, type: u64, kind: kind)
  }

  @Test("the latest of each register is kept, in the order in which they first changed")
  func coalesces() async throws {
    let feed = WatchFeed()
    for event in [
      event(.value(1), "a"), event(.value(1), "b"), event(.value(2), "a"), event(.value(3), "a"),
      event(.value(1), "c"), event(.deleted, "c"), event(.deleted, "d"), event(.value(9), "d"),
    ] { feed.push(event) }
    #expect(try await feed.next() == event(.gap(3), "a"))
    feed.push(event(.value(4), "a"))
    #expect(try await feed.next() == event(.value(1), "b"))
    #expect(try await feed.next() == event(.deleted, "c"))
    #expect(try await feed.next() == event(.gap(9), "d"))
    // Nothing was left out since it was told last.
    #expect(try await feed.next() == event(.value(4), "a"))
  }

  @Test("what comes first of each register after an interruption is a gap")
  func interrupts() async throws {
    let feed = WatchFeed()
    feed.push(event(.value(1), "a"))
    #expect(try await feed.next() == event(.value(1), "a"))
    for _ in 0..<2 {
      feed.interrupted()
      for name in ["a", "b"] {
        feed.push(event(.value(2), name))
        #expect(try await feed.next() == event(.gap(2), name))
        feed.push(event(.value(3), name))
        #expect(try await feed.next() == event(.value(3), name))
      }
    }
    feed.push(event(.deleted, "a"))
    #expect(try await feed.next() == event(.deleted, "a"))
  }

  @Test("what was pushed is told before the end, and the reason for the end once")
  func ends() async throws {
    let reason = ClientError.rejected(code: "too-many-requests", text: "", applied: .no)
    for error in [nil, reason] {
      let feed = WatchFeed()
      feed.push(event(.value(1)))
      feed.finish(error)
      feed.finish(.closed)
      feed.push(event(.value(2)))
      #expect(try await feed.next() == event(.value(1)))
      if let error { await #expect(throws: error) { try await feed.next() } }
      #expect(try await feed.next() == nil)
    }
  }

  @Test("a deletion is the last of one register, and one of many of a prefix")
  func endsWithRegister() async throws {
    let one = WatchFeed(isOfOneRegister: true)
    one.push(event(.value(1)))
    one.push(event(.deleted))
    one.push(event(.value(2)))
    #expect(try await one.next() == event(.deleted))
    #expect(try await one.next() == nil)
    let many = WatchFeed()
    many.push(event(.deleted))
    many.push(event(.value(2), "y"))
    #expect(try await many.next() == event(.deleted))
    #expect(try await many.next() == event(.value(2), "y"))
  }

  @Test("a consumer that waits has the event, the end or the error as it comes")
  func wakes() async throws {
    let feed = WatchFeed(isOfOneRegister: true)
    for act in [
      { $0.push(event(.value(1))) }, { $0.push(event(.deleted)) },
    ] as [@Sendable (WatchFeed) -> Void] {
      async let told = feed.next()
      act(feed)
      #expect(try await told != nil)
    }
    let ended = WatchFeed()
    async let nothing = ended.next()
    ended.finish(nil)
    #expect(try await nothing == nil)
    let failed = WatchFeed()
    async let failure: RegisterEvent? = failed.next()
    failed.finish(.closed)
    do {
      _ = try await failure
      Issue.record("no error")
    } catch {
      #expect(error as? ClientError == .closed)
    }
  }

  @Test("cancelled, the consumer is gone: the producer is told once, and keeps nothing for it")
  func cancels() async throws {
    let feed = WatchFeed()
    let ends = Atomic(0)
    let (waiting, isWaiting) = AsyncStream<Void>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      feed.onEnd = { ends.add(1, ordering: .relaxed) }
      group.addTask {
        feed.push(event(.value(1)))
        _ = try await feed.next()
        isWaiting.finish()
        await #expect(throws: ClientError.cancelled(applied: .no)) { try await feed.next() }
      }
      for await _ in waiting {}
      group.cancelAll()
      try await group.waitForAll()
    }
    feed.leave()
    #expect(ends.load(ordering: .relaxed) == 1)
    feed.push(event(.value(1)))
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await feed.next() }
  }

  @Test("who makes the watch too late hears that nobody wants it; a finished one, nothing")
  func tellsLate() {
    let ends = Atomic(0)
    let left = WatchFeed()
    left.leave()
    left.onEnd = { ends.add(1, ordering: .relaxed) }
    #expect(ends.load(ordering: .relaxed) == 1)
    let finished = WatchFeed()
    finished.onEnd = { ends.add(1, ordering: .relaxed) }
    finished.finish(nil)
    finished.leave()
    #expect(ends.load(ordering: .relaxed) == 1)
  }

  @Test("a second consumer is told so, and the first one goes on")
  func hasOneConsumer() async throws {
    let feed = WatchFeed()
    let answers = await withTaskGroup(of: Result<RegisterEvent?, ClientError>.self) { group in
      for _ in 0..<2 {
        group.addTask {
          do throws(ClientError) {
            return .success(try await feed.next())
          } catch {
            return .failure(error)
          }
        }
      }
      var answers = [await group.next()]
      feed.push(event(.value(1)))
      answers.append(await group.next())
      return answers.compactMap { $0 }
    }
    guard case .failure(.usage) = answers[0] else {
      Issue.record("\(answers)")
      return
    }
    #expect(answers[1] == .success(event(.value(1))))
  }

  @Test("behind a fast producer on another thread, a consumer sees values rise to the last one")
  func followsProducer() async throws {
    let feed = WatchFeed(isOfOneRegister: false)
    let names = ["a", "b", "c"]
    let last: UInt128 = 20_000
    let producer = Task.detached {
      for value in 1...last { for name in names { feed.push(event(.value(value), name)) } }
      feed.finish(nil)
    }
    var seen: [String: UInt128] = [:]
    while let told = try await feed.next() {
      let before = seen[told.name] ?? 0
      switch told.kind {
      case .value(let value):
        #expect(value == before + 1, "left out without a word")
        seen[told.name] = value
      case .gap(let value):
        #expect(value > before + 1, "nothing was left out")
        seen[told.name] = value
      case .deleted: Issue.record("nothing was deleted")
      }
    }
    await producer.value
    #expect(seen == ["a": last, "b": last, "c": last])
  }
}
