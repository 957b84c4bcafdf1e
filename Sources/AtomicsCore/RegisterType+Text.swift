// SPDX-License-Identifier: Apache-2.0

/// Values as text, one spelling for HTTP, JSON and the command line.
///
/// | kind | written as |
/// |---|---|
/// | unsigned, signed | decimal; read also as `0x…`, with `-` before either |
/// | bytes | the whole width in memory order, two lower-case hexadecimal digits a byte |
/// | float | the shortest text that reads back the same, `NaN`, `inf`, `-inf` |
extension RegisterType {
  /// The bits of the value that `text` writes, zero-extended to 128.
  ///
  /// - Throws: ``ValueError`` where the text is malformed or its number does not fit; a value is
  ///   never truncated.
  public func parse(_ text: Span<UInt8>) throws(ValueError) -> UInt128 {
    switch kind {
    case .unsigned, .signed: try parseInteger(text)
    case .bytes: try parseBytes(text)
    case .float: try parseFloat(text)
    }
  }

  /// The bits of the value that `text` writes; see ``parse(_:)-(Span<UInt8>)``.
  public func parse(_ text: String) throws(ValueError) -> UInt128 {
    try parse(Array(text.utf8).span)
  }

  /// The text of the value with these bits; bits beyond the width are ignored.
  public func format(_ bits: UInt128) -> String {
    var text: [UInt8] = []
    append(bits, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The most bytes that the text of a value has.
  public static let longestText = 48

  /// Appends the text of the value with these bits; bits beyond the width are ignored.
  public func append(_ bits: UInt128, to text: inout [UInt8]) {
    text.append(addingCapacity: Self.longestText) { (output: inout OutputSpan<UInt8>) in
      append(bits, to: &output)
    }
  }

  /// Appends the text of the value with these bits, at most ``longestText`` bytes; bits beyond the
  /// width are ignored.
  ///
  /// - Complexity: O(length); allocates nothing, except for floats.
  public func append(_ bits: UInt128, to text: inout OutputSpan<UInt8>) {
    let bits = bits & width.mask
    switch kind {
    case .unsigned: Self.append(bits, to: &text)
    case .signed:
      let value = signed(bits)
      if value < 0 { text.append(UInt8(ascii: "-")) }
      Self.append(value.magnitude, to: &text)
    case .bytes: appendHexadecimal(bits, to: &text)
    case .float:
      let number =
        width == .four
        ? Self.format(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        : Self.format(Double(bitPattern: UInt64(truncatingIfNeeded: bits)))
      for byte in number.utf8 { text.append(byte) }
    }
  }

  /// The integer that these bits mean in two's complement at this width.
  @inlinable
  public func signed(_ bits: UInt128) -> Int128 {
    let unused = UInt128(128 - width.bitCount)
    return Int128(truncatingIfNeeded: bits << unused) >> Int128(unused)
  }

  // MARK: - Reading

  private func parseInteger(_ text: Span<UInt8>) throws(ValueError) -> UInt128 {
    var index = 0
    let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    var radix: UInt128 = 10
    if index + 1 < text.count, text[index] == UInt8(ascii: "0"), text[index + 1] | 0x20 == 0x78 {
      radix = 16
      index += 2
    }
    guard index < text.count else { throw .malformed(self) }
    var magnitude: UInt128 = 0
    var overflowed = false
    while index < text.count {
      // Read to the end even after an overflow: `99…9z` is malformed, not out of range.
      guard let digit = Self.digit(text[index]), UInt128(digit) < radix else {
        throw .malformed(self)
      }
      let product = magnitude.multipliedReportingOverflow(by: radix)
      let sum = product.partialValue.addingReportingOverflow(UInt128(digit))
      overflowed = overflowed || product.overflow || sum.overflow
      magnitude = sum.partialValue
      index += 1
    }
    if overflowed { throw .outOfRange(self) }
    return try bits(ofMagnitude: magnitude, negative: isNegative)
  }

  private func bits(ofMagnitude magnitude: UInt128, negative: Bool) throws(ValueError) -> UInt128 {
    let limit: UInt128 =
      switch (kind, negative) {
      case (.signed, false): width.mask / 2
      case (.signed, true): width.mask / 2 + 1
      case (_, false): width.mask
      case (_, true): 0
      }
    guard magnitude <= limit else { throw .outOfRange(self) }
    return (negative ? 0 &- magnitude : magnitude) & width.mask
  }

  private func parseBytes(_ text: Span<UInt8>) throws(ValueError) -> UInt128 {
    guard text.count == 2 * width.byteCount else { throw .malformed(self) }
    var bits: UInt128 = 0
    for byte in 0..<width.byteCount {
      guard let high = Self.digit(text[2 * byte]), let low = Self.digit(text[2 * byte + 1]) else {
        throw .malformed(self)
      }
      bits |= UInt128(high << 4 | low) << UInt128(8 * byte)
    }
    return bits
  }

  private func parseFloat(_ text: Span<UInt8>) throws(ValueError) -> UInt128 {
    var string = ""
    for index in 0..<text.count { string.unicodeScalars.append(Unicode.Scalar(text[index])) }
    switch string {
    case "NaN": return floatBits(.nan)
    case "inf": return floatBits(.infinity)
    case "-inf": return floatBits(-.infinity)
    default: break
    }
    guard Self.isJSONNumber(text), let wide = Double(string), let narrow = Float(string) else {
      throw .malformed(self)
    }
    guard width == .four ? narrow.isFinite : wide.isFinite else { throw .outOfRange(self) }
    // Straight to the narrow type: by way of Double it would round twice.
    return width == .four ? UInt128(narrow.bitPattern) : UInt128(wide.bitPattern)
  }

  private func floatBits(_ value: Double) -> UInt128 {
    width == .four ? UInt128(Float(value).bitPattern) : UInt128(value.bitPattern)
  }

  /// RFC 8259 §6: `-`? int frac? exp?
  private static func isJSONNumber(_ text: Span<UInt8>) -> Bool {
    var index = 0
    func isDigit(_ at: Int) -> Bool { at < text.count && text[at] &- 0x30 < 10 }
    if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
    guard isDigit(index) else { return false }
    if text[index] == UInt8(ascii: "0") {
      index += 1
    } else {
      while isDigit(index) { index += 1 }
    }
    if index < text.count, text[index] == UInt8(ascii: ".") {
      index += 1
      guard isDigit(index) else { return false }
      while isDigit(index) { index += 1 }
    }
    if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
        index += 1
      }
      guard isDigit(index) else { return false }
      while isDigit(index) { index += 1 }
    }
    return index == text.count
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }

  // MARK: - Writing

  private func appendHexadecimal(_ bits: UInt128, to text: inout OutputSpan<UInt8>) {
    for byte in 0..<width.byteCount {
      let value = UInt8(truncatingIfNeeded: bits >> UInt128(8 * byte))
      text.append(Self.hexadecimal(value >> 4))
      text.append(Self.hexadecimal(value & 15))
    }
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? 0x30 + digit : 0x61 + digit - 10
  }

  private static func append(_ value: UInt128, to text: inout OutputSpan<UInt8>) {
    // 64-bit division is several times faster than 128-bit, and 39 digits are three parts.
    let part = UInt128(10_000_000_000_000_000_000)
    guard value >= part else { return append(UInt64(truncatingIfNeeded: value), 1, to: &text) }
    let (high, low) = value.quotientAndRemainder(dividingBy: part)
    append(high, to: &text)
    append(UInt64(truncatingIfNeeded: low), 19, to: &text)
  }

  /// Appends decimal digits, at least `count` of them.
  private static func append(_ value: UInt64, _ count: Int, to text: inout OutputSpan<UInt8>) {
    var digits = InlineArray<20, UInt8>(repeating: 0x30)
    var start = 20
    var rest = value
    while rest > 0 || start > 20 &- count {
      start &-= 1
      digits[start] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
      rest /= 10
    }
    for index in start..<20 { text.append(digits[index]) }
  }

  private static func format(_ value: some BinaryFloatingPoint & CustomStringConvertible)
    -> String
  {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    // Swift prints the shortest text that reads back the same; whole numbers lose their `.0`.
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
