// SPDX-License-Identifier: Apache-2.0

/// Which span of which trace sent a request: a `traceparent` field (W3C Trace Context §3.2).
///
///     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
///     version
///        trace-id                         parent-id
///                                                          flags
struct TraceParent: Equatable {
  /// 32 lower-case hexadecimal digits.
  let traceID: [UInt8]
  /// 16 lower-case hexadecimal digits.
  let parentID: [UInt8]
  /// Whether the caller may have recorded its trace.
  let isSampled: Bool

  private static let byteCount = 55

  /// Nil for what is no `traceparent`: it is to be handled as one that did not come.
  init?(_ value: Span<UInt8>) {
    guard value.count >= Self.byteCount,
      let version = Self.byte(value, at: 0), version != 0xFF,
      // Version 0 ends here; those to come may go on after another dash (§3.2.4).
      value.count == Self.byteCount
        || version > 0 && value[Self.byteCount] == UInt8(ascii: "-"),
      [2, 35, 52].allSatisfy({ value[$0] == UInt8(ascii: "-") }),
      let traceID = Self.identifier(value.extracting(3..<35)),
      let parentID = Self.identifier(value.extracting(36..<52)),
      let flags = Self.byte(value, at: 53)
    else { return nil }
    self.traceID = traceID
    self.parentID = parentID
    // The other bits mean nothing yet (§3.2.2.5).
    isSampled = flags & 1 == 1
  }

  /// Lower-case digits, not all of them zero (§3.2.2.3, §3.2.2.4).
  private static func identifier(_ digits: Span<UInt8>) -> [UInt8]? {
    var isZero = true
    var text: [UInt8] = []
    text.reserveCapacity(digits.count)
    for index in digits.indices {
      guard value(of: digits[index]) != nil else { return nil }
      if digits[index] != UInt8(ascii: "0") { isZero = false }
      text.append(digits[index])
    }
    return isZero ? nil : text
  }

  private static func byte(_ text: Span<UInt8>, at index: Int) -> UInt8? {
    guard let high = value(of: text[index]), let low = value(of: text[index &+ 1]) else {
      return nil
    }
    return high &<< 4 | low
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
    default: nil
    }
  }
}
