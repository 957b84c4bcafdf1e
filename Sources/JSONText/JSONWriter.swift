// SPDX-License-Identifier: Apache-2.0

/// Writes one JSON text without spaces into a byte array, commas included.
///
/// Names and values must alternate inside objects, and what is begun must be ended: neither is
/// checked. Appends only, so that the array can be reused.
///
/// - Complexity: O(bytes written); allocates only when `bytes` grows.
public struct JSONWriter: Sendable {
  /// The text so far.
  public private(set) var bytes: [UInt8]
  private var needsComma = false

  /// A writer that appends to `bytes`, by default a new array with room for a small reply.
  public init(appendingTo bytes: consuming [UInt8] = [], reserving capacity: Int = 128) {
    self.bytes = bytes
    self.bytes.reserveCapacity(self.bytes.count &+ capacity)
  }

  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// Writes the name of a member; its value must follow.
  public mutating func name(_ name: String) {
    separate()
    appendQuoted(name.utf8.span)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string value, escaped as needed.
  public mutating func string(_ text: String) {
    separate()
    appendQuoted(text.utf8.span)
  }

  /// Writes bytes, which the caller knows to be UTF-8, as a string value, escaped as needed.
  public mutating func string(utf8 text: Span<UInt8>) {
    separate()
    appendQuoted(text)
  }

  /// Writes an integer as a JSON number.
  public mutating func number(_ value: some BinaryInteger) {
    separate()
    bytes.append(text: String(value).utf8.span)
  }

  /// Writes the exact text of a JSON number.
  public mutating func number(text: String) {
    separate()
    bytes.append(text: text.utf8.span)
  }

  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(text: (value ? "true" : "false").utf8.span)
  }

  public mutating func null() {
    separate()
    bytes.append(text: "null".utf8.span)
  }

  /// Writes a value that is JSON already.
  public mutating func raw(_ json: [UInt8]) {
    separate()
    bytes.append(text: json.span)
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func open(_ byte: UInt8) {
    separate()
    bytes.append(byte)
    needsComma = false
  }

  private mutating func close(_ byte: UInt8) {
    bytes.append(byte)
    needsComma = true
  }

  private mutating func appendQuoted(_ text: Span<UInt8>) {
    bytes.append(UInt8(ascii: "\""))
    if text.needsNoEscapes {
      bytes.append(text: text)
    } else {
      for index in text.indices { appendEscaped(text[index]) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0x0A: bytes.append(text: "\\n".utf8.span)
    case 0x0D: bytes.append(text: "\\r".utf8.span)
    case 0x09: bytes.append(text: "\\t".utf8.span)
    case 0..<0x20:
      bytes.append(text: (byte < 0x10 ? "\\u000" : "\\u001").utf8.span)
      let digit = byte & 0xF
      bytes.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
    default: bytes.append(byte)
    }
  }
}

extension JSONWriter {
  /// Writes a member with a string value.
  public mutating func member(_ name: String, _ value: String) {
    self.name(name)
    string(value)
  }

  /// Writes a member with a Boolean value.
  public mutating func member(_ name: String, _ value: Bool) {
    self.name(name)
    bool(value)
  }

  /// Writes a member with an integer as a JSON number.
  public mutating func member(_ name: String, _ value: some BinaryInteger) {
    self.name(name)
    number(value)
  }
}

extension Span<UInt8> {
  fileprivate var needsNoEscapes: Bool {
    for index in indices {
      let byte = self[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
    }
    return true
  }
}

extension [UInt8] {
  @inline(__always)
  fileprivate mutating func append(text span: Span<UInt8>) {
    // Safety: the buffer is valid for the length of the closure, and `append` only reads it.
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
