// SPDX-License-Identifier: Apache-2.0

/// For texts whose shape is known, so that their writer can make room for all of one at once. There
/// must be room: neither checks more than that.
extension OutputSpan<UInt8> {
  /// Appends a literal.
  @inlinable public mutating func append(_ literal: StaticString) {
    // Safety: a literal's bytes live as long as the process.
    unsafe append(copying: UnsafeBufferPointer(
      start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends bytes.
  @inlinable public mutating func append(_ bytes: Span<UInt8>) {
    // Safety: the buffer is valid for the length of the closure.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(copying: $0) }
  }

  @inlinable @inline(__always)
  mutating func append(copying bytes: UnsafeBufferPointer<UInt8>) {
    precondition(bytes.count <= freeCapacity, "there is no room for all of the text")
    // Safety: the check above.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      guard let target = buffer.baseAddress, let source = bytes.baseAddress else { return }
      unsafe (target + count).initialize(from: source, count: bytes.count)
      count &+= bytes.count
    }
  }
}
