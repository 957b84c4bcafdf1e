// SPDX-License-Identifier: Apache-2.0

/// Numbers requests that are answered in their order, of which only so many may be unanswered.
struct SetupWindow {
  private let count: Int
  private let width: Int
  private var sent = 0
  private(set) var answered = 0

  init(count: Int, width: Int) {
    self.count = count
    self.width = max(1, width)
  }

  var isDone: Bool { answered == count }

  /// The requests to send now.
  mutating func next() -> Range<Int> {
    let end = min(count, answered + width)
    defer { sent = max(sent, end) }
    return sent..<max(sent, end)
  }

  /// The number of the request that is answered now; nil: none was unanswered.
  mutating func answer() -> Int? {
    guard answered < sent else { return nil }
    defer { answered += 1 }
    return answered
  }
}
