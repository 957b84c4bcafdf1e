// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import SharedArena

@Suite struct EventWordTests {
  @Test("bit 0 says that somebody sleeps; each wake-up adds 4 and takes it off")
  func bits() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      let event = arena.event(ofSlot: Int(handle.slot))
      #expect(event.current == 0)
      #expect(!event.claim() && event.current == 0)
      #expect(event.announce() == 1 && event.announce() == 1 && event.current == 1)
      event.notify()
      #expect(event.current == 4)
      event.notify()
      #expect(event.current == 4)
      #expect(event.announce() == 5 && event.claim() && event.current == 8)
    }
  }

  @Test("bit 1 says that a server watches; wake-ups leave it")
  func watched() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      let event = arena.event(ofSlot: Int(handle.slot))
      event.markWatched()
      #expect(event.current == 2 && !event.claim() && event.current == 2)
      #expect(event.announce() == 3 && event.claim() && event.current == 6)
      event.unmarkWatched()
      #expect(event.current == 4)
    }
  }

  @Test("the count of wake-ups goes round")
  func wrapping() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      let slot = Int(handle.slot)
      arena.values.write(0xFFFF_FFFD, at: arena.cellOffset(slot, CellLayout.event))
      let event = arena.event(ofSlot: slot)
      #expect(event.claim() && event.current == 0)
    }
  }

  @Test("nobody sleeps on a word that is another one by now")
  func changed() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      let event = arena.event(ofSlot: Int(handle.slot))
      let before = SystemClock.monotonicNanoseconds()
      event.sleep(while: 1, nanoseconds: 30_000_000_000)
      #expect(SystemClock.monotonicNanoseconds() - before < 20_000_000_000)
      // And not for longer than was said.
      event.sleep(while: 0, nanoseconds: 1)
    }
  }
}
