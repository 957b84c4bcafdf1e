// SPDX-License-Identifier: Apache-2.0

/// A reply to an operation as it is sent: a header alone, or with a value of one or two words. Made
/// to be taken apart at once: it stands in registers.
public struct ReplyWords {
  public let first: UInt64
  public let second: UInt64
  public let value: UInt64?
  /// Bytes 8–15 of a value of 16.
  public let high: UInt64?

  @inlinable @inline(__always)
  init(_ first: UInt64, _ second: UInt64, _ value: UInt64? = nil, high: UInt64? = nil) {
    self.first = first
    self.second = second
    self.value = value
    self.high = high
  }
}
