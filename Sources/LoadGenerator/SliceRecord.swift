// SPDX-License-Identifier: Apache-2.0

/// What one thread has measured of a slice.
struct SlicePart: Sendable {
  /// Replies until the slice was over, and how long that was.
  var replies: Int
  var nanoseconds: UInt64
  /// Replies until the last request was answered.
  var allReplies: Int
  /// Of the slice's latencies, in nanoseconds.
  var p99: UInt64
  /// Whether it was cut short.
  var isCut: Bool
}

/// One slice of all threads together.
struct SliceRecord: Sendable {
  /// When it began, in nanoseconds of the monotonic clock.
  var start: UInt64
  var operationsPerSecond = 0.0
  var replies = 0
  /// Of the target's process, in nanoseconds, until the last request was answered.
  var processorTime: UInt64?
  var p99: UInt64 = 0
  var isCut = false

  mutating func add(_ part: SlicePart) {
    operationsPerSecond += Double(part.replies) / (Double(max(part.nanoseconds, 1)) / 1e9)
    replies += part.allReplies
    p99 = max(p99, part.p99)
    isCut = isCut || part.isCut
  }
}
