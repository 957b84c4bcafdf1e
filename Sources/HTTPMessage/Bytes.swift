// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
  /// Whether the bytes are exactly `text`.
  @inline(__always)
  @inlinable package func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withBytes { equals($0) }
  }

  /// Whether both spans hold the same bytes.
  @inline(__always)
  @inlinable package func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    // Safety: eight bytes are read at offsets that leave eight, in both.
    return unsafe withUnsafeBytes { first in
      unsafe other.withUnsafeBytes { second in
        var offset = 0
        while offset &+ 8 <= first.count {
          guard
            unsafe first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
              == second.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          else { return false }
          offset &+= 8
        }
        while offset < first.count {
          guard unsafe first[offset] == second[offset] else { return false }
          offset &+= 1
        }
        return true
      }
    }
  }

  /// Whether every byte is ASCII and can be seen: no control character, no space.
  @inlinable package var isVisibleASCII: Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // Safety: eight bytes are read at offsets that leave eight.
    return unsafe withUnsafeBytes { bytes in
      var offset = 0
      while offset &+ 8 <= bytes.count {
        let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        // High bits, bytes below 0x21, and 0x7F.
        let delete = word ^ ones &* 0x7F
        let wrong = word | (word &- ones &* 0x21) | (delete &- ones) & ~delete
        if wrong & 0x8080_8080_8080_8080 != 0 { return false }
        offset &+= 8
      }
      while offset < bytes.count {
        if unsafe bytes[offset] &- 0x21 > 0x5D { return false }
        offset &+= 1
      }
      return true
    }
  }

  /// The first place of `byte` from `start` on; `count` where there is none.
  @inlinable package func firstIndex(of byte: UInt8, from start: Int) -> Int {
    let repeated = UInt64(byte) &* 0x0101_0101_0101_0101
    // Safety: eight bytes are read at offsets that leave eight.
    return unsafe withUnsafeBytes { bytes in
      var offset = start
      while offset &+ 8 <= bytes.count {
        let word =
          unsafe UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ repeated
        // The lowest bit that this sets is right, those above it may be set by a borrow.
        let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if zeros != 0 { return offset &+ zeros.trailingZeroBitCount &>> 3 }
        offset &+= 8
      }
      while offset < bytes.count {
        if unsafe bytes[offset] == byte { return offset }
        offset &+= 1
      }
      return Swift.max(bytes.count, start)
    }
  }

  /// Whether the first bytes are `text`.
  @inline(__always)
  @inlinable package func starts(with text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && extracting(..<text.utf8CodeUnitCount).equals(text)
  }

  /// Whether the bytes are `text`, ASCII letters of either case alike. `text` is lower-case.
  @inlinable package func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withBytes { other in
      for index in indices where ASCII.lowercased(self[index]) != other[index] { return false }
      return true
    }
  }
}

extension StaticString {
  /// Runs `body` on the bytes of a literal.
  @inline(__always)
  @inlinable package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    // Safety: a literal's bytes live as long as the process.
    let bytes = unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    return body(unsafe bytes.span)
  }
}

extension [UInt8] {
  /// Appends a span in one copy.
  @inline(__always)
  @inlinable package mutating func append(bytes span: Span<UInt8>) {
    // Safety: the buffer is valid for the length of the closure, and `append` only reads it.
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}

extension [UInt8] {
  /// Makes it hold these bytes and no others; its memory is used again.
  @inlinable package mutating func become(_ bytes: Span<UInt8>) {
    if count == bytes.count {
      replace(from: 0, by: bytes)
    } else {
      removeAll(keepingCapacity: true)
      append(bytes: bytes)
    }
  }

  /// Copies a span over what stands from `start` on, where there must be as many bytes.
  @inlinable package mutating func replace(from start: Int, by bytes: Span<UInt8>) {
    precondition(start >= 0 && bytes.count <= count &- start, "there are fewer bytes to replace")
    // Safety: both buffers are valid for the length of the closures, and the check above.
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        guard let target = target.baseAddress, let from = source.baseAddress else { return }
        unsafe (target + start).copyMemory(from: from, byteCount: source.count)
      }
    }
  }
}

/// For texts whose shape is known, so that their writer can make room for all of one at once. There
/// must be room: neither checks more than that.
extension OutputSpan<UInt8> {
  /// Appends a literal.
  @inlinable public mutating func append(_ literal: StaticString) {
    // Safety: a literal's bytes live as long as the process.
    unsafe append(
      copying: UnsafeBufferPointer(
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

/// Byte classes of RFC 9110 §5.6.2 and RFC 3986.
@usableFromInline package enum ASCII {
  @inlinable package static var tab: UInt8 { 0x09 }
  @inlinable package static var lineFeed: UInt8 { 0x0A }
  @inlinable package static var carriageReturn: UInt8 { 0x0D }
  @inlinable package static var space: UInt8 { 0x20 }

  /// `byte`, or its lower-case letter if it is `A` to `Z`.
  @inline(__always)
  @inlinable package static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  @inline(__always)
  @inlinable package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// The value of a hexadecimal digit of either case.
  @inline(__always)
  @inlinable package static func hexValue(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte &- 0x30 }
    let letter = (byte | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : nil
  }

  /// Whether `byte` may stand in a method or a field name (`tchar`).
  @inline(__always)
  @inlinable package static func isToken(_ byte: UInt8) -> Bool {
    // Two words with one bit per character: the table fits into two constants.
    let bits: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
    return byte < 128 && bits &>> UInt64(byte & 63) & 1 == 1
  }

  /// Whether `byte` may stand in a field value: visible, space, tab or above ASCII.
  @inline(__always)
  @inlinable package static func isFieldValue(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7F : byte == tab
  }
}
