// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Testing

@testable import AtomicsClient

@Suite struct SilenceGuardTests {
  private var silence = SilenceGuard(limitNanoseconds: 100, now: Deadline(nanoseconds: 0))

  private func at(_ nanoseconds: UInt64) -> Deadline { Deadline(nanoseconds: nanoseconds) }

  @Test("where nothing is awaited silence means nothing, however long")
  mutating func idles() {
    silence.update(owed: 0, lasting: 0, now: at(10))
    #expect(silence.nextLook == .never)
    #expect(silence.look(at: at(10_000)) == .alive)
    silence.update(owed: 1, lasting: 0, now: at(10_000))
    #expect(silence.nextLook == at(10_100))
    #expect(silence.look(at: at(10_099)) == .alive)
  }

  @Test("a server that owes an answer and says nothing for the limit is dead")
  mutating func dies() {
    silence.update(owed: 1, lasting: 0, now: at(10))
    silence.heard(at: at(50))
    silence.update(owed: 2, lasting: 0, now: at(60))
    #expect(silence.look(at: at(149)) == .alive)
    #expect(silence.look(at: at(150)) == .dead)
  }

  @Test("where only waits stand it is asked first, and dead when it does not answer that")
  mutating func asks() {
    silence.update(owed: 0, lasting: 3, now: at(0))
    #expect(silence.look(at: at(100)) == .ask)
    silence.update(owed: 1, lasting: 3, now: at(101))
    #expect(silence.look(at: at(199)) == .alive)
    silence.heard(at: at(199))
    silence.update(owed: 0, lasting: 3, now: at(199))
    #expect(silence.look(at: at(299)) == .ask)
    #expect(silence.nextLook == at(399))
    // The question could not even leave.
    silence.update(owed: 0, lasting: 3, now: at(350))
    #expect(silence.look(at: at(399)) == .dead)
  }

  @Test("the silence of a server that owed nothing does not count against the next answer")
  mutating func beginsWithTheRequest() {
    silence.update(owed: 0, lasting: 1, now: at(0))
    silence.update(owed: 1, lasting: 1, now: at(90))
    #expect(silence.look(at: at(150)) == .alive)
    #expect(silence.nextLook == at(190))
  }
}
