// SPDX-License-Identifier: Apache-2.0

/// Things to be done at a time, the earliest first. What lost its meaning stays until it comes up,
/// or until half of all has.
struct TimeHeap<Item> {
  private var entries: [(time: UInt64, item: Item)] = []
  private var staleCount = 0

  /// When the first one is due; `.max`: none.
  var first: UInt64 { entries.first?.time ?? .max }
  var count: Int { entries.count }

  mutating func push(_ item: Item, at time: UInt64) {
    var index = entries.count
    entries.append((time, item))
    while index > 0, entries[(index - 1) / 2].time > time {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// The first one, if it is due at `now`.
  mutating func pop(at now: UInt64) -> Item? {
    guard let first = entries.first, first.time <= now else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(from: 0)
    }
    return first.item
  }

  /// One of the things has lost its meaning; `isStale` tells which.
  mutating func noteStale(_ isStale: (Item) -> Bool) {
    staleCount += 1
    guard staleCount > 64, staleCount > entries.count / 2 else { return }
    entries.removeAll { isStale($0.item) }
    staleCount = 0
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(from: index) }
  }

  private mutating func sink(from start: Int) {
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < entries.count else { return }
      if child + 1 < entries.count, entries[child + 1].time < entries[child].time { child += 1 }
      guard entries[child].time < entries[index].time else { return }
      entries.swapAt(index, child)
      index = child
    }
  }
}
