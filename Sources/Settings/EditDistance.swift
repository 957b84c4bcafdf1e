// SPDX-License-Identifier: Apache-2.0

/// How many characters to insert, delete or replace to make one word another.
enum EditDistance {
  /// The nearest of `words`, if a third of its characters or fewer differ.
  static func nearest(to word: String, in words: [String]) -> String? {
    // Longer than any name: not a slip, and the table below would grow with it.
    guard word.utf8.count <= 64 else { return nil }
    let ranked = words.map { (word: $0, distance: between(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }),
      best.distance * 3 <= best.word.utf8.count
    else { return nil }
    return best.word
  }

  static func between(_ first: String, _ second: String) -> Int {
    let second = Array(second.utf8)
    var row = Array(0...second.count)
    for (i, a) in first.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in second.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
