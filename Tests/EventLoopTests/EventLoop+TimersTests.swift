// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventLoop

@Suite struct EventLoopTimersTests {
  static let millisecond: UInt64 = 1_000_000

  @Test("timers run in the order of their times, never early, and cancelled ones not at all")
  func order() throws {
    let running = try RunningLoop()
    let fired = Shared<[Int]>([])
    let early = Shared(0)
    let done = Signal()
    try running.sync { loop in
      // A permutation of 0..<500; every third is cancelled.
      for index in 0..<500 {
        let number = index * 277 % 500
        let delay = UInt64(number) * 20_000
        let due = Deadline.now.advanced(by: delay)
        let timer = loop.schedule(afterNanoseconds: delay) {
          // The turn's clock is at most this turn older than `due` assumed.
          if Deadline.now.advanced(by: 5 * Self.millisecond) < due { early.update { $0 += 1 } }
          fired.update { $0.append(number) }
        }
        if number % 3 == 0 { loop.cancel(timer) }
      }
      loop.schedule(afterNanoseconds: 500 * 20_000) { done.set() }
      return
    }
    #expect(done.wait())
    #expect(fired.value == (0..<500).filter { $0 % 3 != 0 })
    #expect(early.value == 0)
  }

  @Test("timers that are scheduled and cancelled without end leave the others as they are")
  func churn() throws {
    let running = try RunningLoop()
    let fired = Shared<[Int]>([])
    let done = Signal()
    try running.sync { loop in
      for number in [3, 1, 2] {
        loop.schedule(afterNanoseconds: UInt64(number) * 2 * Self.millisecond) {
          fired.update { $0.append(number) }
          if number == 3 { done.set() }
        }
      }
      for _ in 0..<10_000 { loop.cancel(loop.schedule(afterNanoseconds: Self.millisecond) {}) }
      #expect(loop.timers.count < 200)
    }
    #expect(done.wait())
    #expect(fired.value == [1, 2, 3])
  }

  @Test("work that schedules itself at once runs once per turn, and others get theirs")
  func rescheduling() throws {
    let running = try RunningLoop { EchoHandler() }
    try running.sync { loop in again(loop) }
    let client = try running.connect()
    try client.send([1])
    #expect(try client.receive(1) == [1])
    @Sendable func again(_ loop: EventLoop) {
      loop.schedule(afterNanoseconds: 0) { again(loop) }
    }
  }

  @Test("deadlines that are moved nearer and further without end take no memory")
  func deadlineChurn() throws {
    let running = try RunningLoop()
    let (near, far) = try socketPair()
    defer { close(far) }
    try running.sync { loop in
      let stream = loop.adopt(Socket(owning: near), handler: EchoHandler())
      for round in 0..<10_000 {
        stream.setDeadline(afterNanoseconds: patience &* 100 &- UInt64(round))
        stream.setDeadline(afterNanoseconds: patience &* 200)
      }
      #expect(loop.timers.count < 200)
    }
  }

  @Test("before it runs a loop's clock goes on, so that work is not early")
  func clockBeforeRun() throws {
    let loop = try EventLoop()
    let before = loop.now
    rest(milliseconds: 2)
    #expect(loop.now > before)
  }

  @Test("a deadline that passes closes the stream")
  func deadline() throws {
    let record = StreamRecord()
    let server = try RunningLoop {
      ClosureHandler(record: record) { input, _, stream, _ in
        stream.setDeadline(afterNanoseconds: Self.millisecond)
        return StreamProgress(consumed: input.count, next: .needInput)
      }
    }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receiveAll() == [])
    #expect(record.closeReason() == .deadline)
  }

  @Test("a deadline can be moved both ways and cleared")
  func movedDeadline() throws {
    final class Handler: StreamHandler {
      let record: StreamRecord
      let expired: Signal
      init(_ record: StreamRecord, _ expired: Signal) {
        self.record = record
        self.expired = expired
      }
      func process(
        _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
      ) -> StreamProgress {
        if input.count > 0, input[0] == 1 {
          stream.setDeadline(afterNanoseconds: EventLoopTimersTests.millisecond)
          stream.setDeadline(afterNanoseconds: 3_600_000_000_000)
          stream.setDeadline(afterNanoseconds: EventLoopTimersTests.millisecond)
          stream.clearDeadline()
        } else {
          stream.setDeadline(afterNanoseconds: 3_600_000_000_000)
          stream.setDeadline(afterNanoseconds: 2 * EventLoopTimersTests.millisecond)
        }
        output.append(7)
        return StreamProgress(consumed: input.count, next: .needInput)
      }
      func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
        expired.set()
        output.append(8)
        return StreamProgress(consumed: 0, next: .needInput)
      }
      func closed(_ reason: StreamCloseReason) { record.noteClosed(reason) }
    }
    let record = StreamRecord()
    let expired = Signal()
    let server = try RunningLoop { Handler(record, expired) }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receive(1) == [7])
    let passed = Signal()
    try server.sync { loop in
      loop.schedule(afterNanoseconds: 5 * Self.millisecond) { passed.set() }
      return
    }
    #expect(passed.wait())
    #expect(!expired.isSet)
    try client.send([2])
    #expect(try client.receive(2) == [7, 8])
    #expect(expired.isSet)
    #expect(record.current.closeReasons.isEmpty)
  }
}
