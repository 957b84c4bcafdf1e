// SPDX-License-Identifier: Apache-2.0

/// Moments to wake up at, earliest first. Entries are not removed when they lose their meaning:
/// whoever owns them skips them when they come up, and has them swept out when they are too many.
package struct TimerHeap {
  package struct Entry {
    package var deadline: Deadline
    /// A stream's token, or a timer's number.
    package var key: UInt64

    package init(deadline: Deadline, key: UInt64) {
      self.deadline = deadline
      self.key = key
    }
  }

  private var entries: [Entry] = []
  /// How many entries have lost their meaning, about.
  private var staleCount = 0

  package init() {}

  package var count: Int { entries.count }
  package var first: Entry? { entries.first }

  package mutating func push(_ entry: Entry) {
    var index = entries.count
    entries.append(entry)
    while index > 0 {
      let parent = (index - 1) / 2
      if entries[parent].deadline <= entry.deadline { break }
      entries[index] = entries[parent]
      index = parent
    }
    entries[index] = entry
  }

  package mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    sink(last, from: 0)
  }

  package mutating func noteStale() { staleCount += 1 }
  package mutating func noteStaleRemoved() { staleCount = max(0, staleCount - 1) }

  /// Half of the heap is meaningless: sweeping now costs a constant per entry ever pushed.
  package var wantsSweep: Bool { staleCount > 64 && staleCount > entries.count / 2 }

  package mutating func sweep(keeping isLive: (Entry) -> Bool) {
    entries.removeAll { !isLive($0) }
    staleCount = 0
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) {
      sink(entries[index], from: index)
    }
  }

  private mutating func sink(_ entry: Entry, from start: Int) {
    var index = start
    while true {
      var child = index * 2 + 1
      if child >= entries.count { break }
      if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline {
        child += 1
      }
      if entry.deadline <= entries[child].deadline { break }
      entries[index] = entries[child]
      index = child
    }
    entries[index] = entry
  }
}
