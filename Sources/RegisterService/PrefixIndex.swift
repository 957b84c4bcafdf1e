// SPDX-License-Identifier: Apache-2.0

/// The watches of prefixes of one hub. A new name finds those that it begins with by one look for
/// each length that a prefix has, however many watches there are.
struct PrefixIndex {
  private var watches: [[UInt8]: [Watch]] = [:]
  /// How many different prefixes have each length.
  private var lengths: [Int: Int] = [:]

  var isEmpty: Bool { watches.isEmpty }

  /// Looks that a name takes.
  var lengthCount: Int { lengths.count }

  mutating func insert(_ watch: Watch) {
    guard let prefix = watch.prefix else { return }
    let position = watches[prefix]?.count ?? 0
    watch.position = position
    watches[prefix, default: []].append(watch)
    if position == 0 { lengths[prefix.count, default: 0] += 1 }
  }

  mutating func remove(_ watch: Watch) {
    guard let prefix = watch.prefix, let last = watches[prefix]?.popLast() else { return }
    if last !== watch {
      last.position = watch.position
      watches[prefix]?[watch.position] = last
    }
    guard watches[prefix]?.isEmpty ?? false else { return }
    watches[prefix] = nil
    let left = (lengths[prefix.count] ?? 1) - 1
    lengths[prefix.count] = left == 0 ? nil : left
  }

  /// The watches whose prefix `name` begins with.
  func matching(_ name: String) -> [Watch] {
    let bytes = Array(name.utf8)
    return lengths.keys.flatMap { length in
      length <= bytes.count ? watches[Array(bytes[..<length])] ?? [] : []
    }
  }

  var all: [Watch] { watches.values.flatMap(\.self) }
}
