// SPDX-License-Identifier: Apache-2.0

/// Which rights each beginning of a name gives, together with those of all shorter beginnings.
///
/// The prefixes are sorted. Whatever lies between a prefix and a name that begins with it begins
/// with it too, so the last prefix that is not above a name either begins it or leads to the one
/// that does, over the longest shorter prefixes of each:
///
///     prefix      rights    with those before it   longest shorter
///     ""          read      read                   –
///     "a."        operate   read operate           ""
///     "a.b."      create    read operate create    "a."
///     "a.b.x"     delete    …                      "a.b."
///
///     "a.b.k" → stands after "a.b." and before "a.b.x" → "a.b."
struct PrefixRights: Equatable, Sendable {
  private struct Entry: Equatable, Sendable {
    /// Where the prefix stands in `bytes`.
    var start: Int
    var count: Int
    /// Of this prefix and all those that it begins with.
    var rights: Rights
    /// The longest other prefix that it begins with; -1: none.
    var shorter: Int
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []

  /// Grants on the same prefix add up.
  init(_ grants: [(prefix: [UInt8], rights: Rights)]) {
    let sorted = grants.sorted { $0.prefix.lexicographicallyPrecedes($1.prefix) }
    for (prefix, rights) in sorted {
      var shorter = entries.count - 1
      while shorter >= 0, !begins(prefix.span, with: entries[shorter]) {
        shorter = entries[shorter].shorter
      }
      if shorter >= 0, entries[shorter].count == prefix.count {
        entries[shorter].rights.formUnion(rights)
        continue
      }
      let inherited = shorter >= 0 ? entries[shorter].rights : []
      entries.append(
        Entry(
          start: bytes.count, count: prefix.count, rights: rights.union(inherited),
          shorter: shorter))
      bytes += prefix
    }
  }

  /// The rights on `name`; on no bytes, those of the empty prefix alone.
  ///
  /// - Complexity: O(log n) comparisons of at most a name's length, then at most that many steps;
  ///   never allocates.
  func rights(on name: Span<UInt8>) -> Rights {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if isAbove(entries[middle], name) { high = middle } else { low = middle + 1 }
    }
    var index = low - 1
    while index >= 0 {
      if begins(name, with: entries[index]) { return entries[index].rights }
      index = entries[index].shorter
    }
    return []
  }

  private func begins(_ name: Span<UInt8>, with entry: Entry) -> Bool {
    guard entry.count <= name.count else { return false }
    for offset in 0..<entry.count where bytes[entry.start + offset] != name[offset] {
      return false
    }
    return true
  }

  /// Whether the prefix comes after `name` in the order of bytes.
  private func isAbove(_ entry: Entry, _ name: Span<UInt8>) -> Bool {
    for offset in 0..<min(entry.count, name.count) {
      let byte = bytes[entry.start + offset]
      if byte != name[offset] { return byte > name[offset] }
    }
    return entry.count > name.count
  }
}
