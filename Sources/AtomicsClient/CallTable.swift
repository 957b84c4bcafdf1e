// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// The calls of one client that have no answer: who is next, who is known by which ticket, and
/// whose time is up.
///
///     add ──▶ line, first come first served ──▶ next ──▶ under way, by ticket ──▶ remove
///              ▲                                              │
///              └────────────────── putBack ───────────────────┘
///
/// Waits have a line of their own: there may be more than a server takes at once, and the call
/// that ends one of them must not stand behind them.
struct CallTable {
  private struct Slot {
    /// Other calls had the slot before: their tickets mean nobody any more.
    var generation: UInt64 = 0
    var call: PendingCall?
  }

  /// Tickets with this bit are the driver's own.
  static let errandMark: UInt64 = 1 << 63

  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var deadlines = TimerHeap()
  private var line = CallLine()
  private var waitLine = CallLine()
  /// Calls without an answer.
  private(set) var count = 0

  /// Gives the call its ticket and puts it in line.
  mutating func add(_ call: PendingCall, now: Deadline) {
    let index: Int
    if let free = freeSlots.popLast() {
      index = free
    } else {
      index = slots.count
      slots.append(Slot())
    }
    slots[index].call = call
    call.ticket = slots[index].generation << 32 | UInt64(index)
    call.begin(at: now)
    count += 1
    if call.deadline != .never { deadlines.push(.init(deadline: call.deadline, key: call.ticket)) }
    if call.isWait { waitLine.append(call) } else { line.append(call) }
  }

  /// The call of `ticket`; nil where it has ended, whatever the server says of it now.
  subscript(ticket: UInt64) -> PendingCall? {
    let index = Int(truncatingIfNeeded: ticket & 0xFFFF_FFFF)
    guard index < slots.count, slots[index].generation == ticket >> 32 else { return nil }
    return slots[index].call
  }

  /// Takes the first call that is no wait out of its line.
  mutating func next() -> PendingCall? { line.popFirst() }

  /// Takes the first wait out of its line.
  mutating func nextWait() -> PendingCall? { waitLine.popFirst() }

  /// Puts a call in line again, before all who never had their turn.
  mutating func putBack(_ call: PendingCall) {
    call.stage = .queued
    if call.isWait { waitLine.putBack(call) } else { line.putBack(call) }
  }

  /// Forgets a call that is to have its answer now. False: it had one.
  mutating func remove(_ call: PendingCall) -> Bool {
    guard call.stage != .new, call.stage != .ended, self[call.ticket] === call else {
      return false
    }
    if call.stage == .queued {
      if call.isWait { waitLine.noteEnd() } else { line.noteEnd() }
    }
    let index = Int(truncatingIfNeeded: call.ticket & 0xFFFF_FFFF)
    slots[index].call = nil
    // 31 bits: the top one marks errands.
    slots[index].generation = (slots[index].generation + 1) & 0x7FFF_FFFF
    freeSlots.append(index)
    count -= 1
    call.stage = .ended
    line.sweep()
    waitLine.sweep()
    if call.deadline != .never {
      deadlines.noteStale()
      if deadlines.wantsSweep {
        let table = self
        deadlines.sweep { table[$0.key] != nil }
      }
    }
    return true
  }

  /// Gives the call no longer than until `end`.
  mutating func hurry(_ call: PendingCall, until end: Deadline) {
    guard end < call.deadline else { return }
    call.deadline = end
    deadlines.push(.init(deadline: end, key: call.ticket))
  }

  /// A call whose time was up at `now`. Remove it before the next is asked for.
  mutating func expired(at now: Deadline) -> PendingCall? {
    let first = nextDeadline()
    guard first <= now, let entry = deadlines.first else { return nil }
    return self[entry.key]
  }

  /// When the first call's time is up; `.never` where none has a limit.
  mutating func nextDeadline() -> Deadline {
    while let entry = deadlines.first {
      if self[entry.key] != nil { return entry.deadline }
      deadlines.removeFirst()
      deadlines.noteStaleRemoved()
    }
    return .never
  }

  /// Every call without an answer, in no order.
  var all: [PendingCall] { slots.compactMap(\.call) }
}

/// Calls in the order in which they have their turn. Those that end meanwhile stay until they come
/// up, or are too many.
struct CallLine {
  private var again = RequestQueue<PendingCall>()
  private var fresh = RequestQueue<PendingCall>()
  private var endedCount = 0

  mutating func append(_ call: PendingCall) { fresh.append(call) }

  mutating func putBack(_ call: PendingCall) { again.append(call) }

  mutating func popFirst() -> PendingCall? {
    while let call = again.popFirst() ?? fresh.popFirst() {
      if call.stage != .ended { return call }
      endedCount = max(0, endedCount - 1)
    }
    return nil
  }

  mutating func noteEnd() { endedCount += 1 }

  /// Half of the line has ended: sweeping now costs a constant per call.
  mutating func sweep() {
    guard endedCount > 64, endedCount > (again.count + fresh.count) / 2 else { return }
    endedCount = 0
    for call in again.removeAll() where call.stage != .ended { again.append(call) }
    for call in fresh.removeAll() where call.stage != .ended { fresh.append(call) }
  }

  /// Calls that are kept, ended ones among them.
  var count: Int { again.count + fresh.count }
}
