// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsServer

/// When a silent client is asked, and when it is given up. Times are small numbers.
@Suite struct SilenceWatchTests {
  private func watch(keepAlive: UInt64 = 0, idle: UInt64 = 0, answers: Bool = true) -> SilenceWatch
  {
    var limits = ServerLimits()
    (limits.keepAliveNanoseconds, limits.idleNanoseconds) = (keepAlive, idle)
    var watch = SilenceWatch(limits, answersPings: answers)
    watch.hear(at: 1000, asks: true)
    return watch
  }

  @Test("a silent client is asked three times and then given up")
  func silent() {
    var watch = watch(keepAlive: 10)
    #expect(watch.delay(from: 1000) == 10 && watch.look(at: 1009) == .nothing)
    #expect(watch.look(at: 1010) == .ask(sequence: 1) && watch.delay(from: 1010) == 10)
    #expect(watch.look(at: 1011) == .nothing)
    #expect(watch.look(at: 1020) == .ask(sequence: 2))
    #expect(watch.look(at: 1030) == .ask(sequence: 3) && watch.delay(from: 1030) == 10)
    guard case .end(let reason) = watch.look(at: 1040) else {
      Issue.record("a client that is not there stays")
      return
    }
    #expect(reason.contains("PING_CLIENT"))
  }

  @Test("any byte is a sign of life")
  func heard() {
    var watch = watch(keepAlive: 10)
    for turn in 1...10 as ClosedRange<UInt64> {
      #expect(watch.look(at: 1000 + 30 * turn) != .nothing)
      watch.hear(at: 1000 + 30 * turn, asks: false)
      #expect(watch.delay(from: 1000 + 30 * turn) == 10)
    }
    #expect(watch.look(at: 1310) == .ask(sequence: 11))
  }

  @Test("who does not answer is not asked, and who is not to be asked is not watched")
  func unasked() {
    var watch = watch(keepAlive: 10, answers: false)
    #expect(!watch.isOn && watch.delay(from: 1000) == nil && watch.look(at: 9999) == .nothing)
    #expect(!SilenceWatch().isOn)
    watch = self.watch(keepAlive: 10)
    #expect(watch.isOn && self.watch(idle: 5, answers: false).isOn)
  }

  @Test("answers keep a connection that asks nothing alive, but not from being idle")
  func idle() {
    var watch = watch(keepAlive: 10, idle: 25)
    #expect(watch.look(at: 1010) == .ask(sequence: 1))
    watch.hear(at: 1011, asks: false)
    #expect(watch.look(at: 1021) == .ask(sequence: 2))
    watch.hear(at: 1022, asks: false)
    #expect(watch.delay(from: 1022) == 3)
    guard case .end = watch.look(at: 1025) else {
      Issue.record("an idle connection stays")
      return
    }
    watch = self.watch(idle: 25)
    watch.hear(at: 1024, asks: true)
    #expect(watch.look(at: 1048) == .nothing && watch.delay(from: 1048) == 1)
  }

  @Test("the longest times do not wrap")
  func longTimes() {
    var watch = watch(keepAlive: 86_400_000_000_000, idle: 31_536_000_000_000_000)
    #expect(watch.look(at: 2000) == .nothing)
    #expect(watch.delay(from: 1000) == 86_400_000_000_000)
  }
}
