// SPDX-License-Identifier: Apache-2.0

/// The fields of a message in the order received, all in two flat buffers.
///
/// Names are stored in lower case; lookups take lower-case names. Values are bytes without the
/// white space around them. A copy shares storage until one side is changed.
///
/// - Complexity: Appending copies the bytes once; looking up compares one integer per field.
public struct HTTPFields: Sendable, Equatable {
  /// Where one field stands in `storage`: its name, then its value, without separators.
  package struct Entry: Sendable, Equatable {
    /// Length, first and last byte of the name: sorts out nearly every mismatch at once.
    package let signature: UInt32
    package let start: UInt32
    package let nameCount: UInt32
    package let valueCount: UInt32

    package var name: Range<Int> { Int(start)..<(Int(start) &+ Int(nameCount)) }
    package var value: Range<Int> {
      let valueStart = Int(start) &+ Int(nameCount)
      return valueStart..<(valueStart &+ Int(valueCount))
    }
  }

  package private(set) var storage: [UInt8] = []
  package private(set) var entries: [Entry] = []

  /// No fields; allocates nothing.
  public init() {}

  /// The number of fields, repeated names counted each time.
  public var count: Int { entries.count }

  /// Whether there is no field.
  public var isEmpty: Bool { entries.isEmpty }

  /// Adds a field at the end. ASCII capitals in `name` are lowered; nothing else is checked.
  public mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
    let start = storage.count
    storage.append(bytes: name)
    for index in name.indices where name[index] &- 0x41 < 26 {
      storage[start &+ index] = ASCII.lowercased(name[index])
    }
    storage.append(bytes: value)
    entries.append(
      Entry(
        signature: Self.signature(name), start: UInt32(truncatingIfNeeded: start),
        nameCount: UInt32(truncatingIfNeeded: name.count),
        valueCount: UInt32(truncatingIfNeeded: value.count)))
  }

  /// Adds a field at the end; see `append(name:value:)` on spans.
  public mutating func append(name: String, value: String) {
    append(name: name.utf8.span, value: value.utf8.span)
  }

  /// Adds a field at the end; see `append(name:value:)` on spans.
  public mutating func append(name: String, value: [UInt8]) {
    append(name: name.utf8.span, value: value.span)
  }

  /// Adds a decimal number at the end.
  public mutating func append(name: String, value: Int) {
    append(name: name, value: String(value))
  }

  /// Removes every field; with `keepingCapacity` unshared storage is kept for reuse.
  public mutating func removeAll(keepingCapacity: Bool = false) {
    storage.removeAll(keepingCapacity: keepingCapacity)
    entries.removeAll(keepingCapacity: keepingCapacity)
  }

  @inline(__always)
  static func signature(_ name: Span<UInt8>) -> UInt32 {
    guard !name.isEmpty else { return 0 }
    return UInt32(truncatingIfNeeded: name.count) &<< 16
      | UInt32(ASCII.lowercased(name[0])) &<< 8
      | UInt32(ASCII.lowercased(name[name.count &- 1]))
  }
}
