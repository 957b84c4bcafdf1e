// SPDX-License-Identifier: Apache-2.0

/// The fields of a message in the order received, all in two flat buffers.
///
/// Names are in lower case; lookups take lower-case names. Values are bytes without the white space
/// around them. A copy shares storage until one side is changed.
///
/// - Complexity: Appending copies the bytes once; looking up compares one integer per field, and a
///   field of ``HTTPFieldName`` that is not there is known at once.
public struct HTTPFields: Sendable, Equatable {
  /// Where one field stands in `storage`: its name, unless that is a known one, then its value,
  /// without separators.
  package struct Entry: Sendable, Equatable {
    package let known: HTTPFieldName?
    package let start: UInt32
    package let nameCount: UInt32
    package let valueCount: UInt32

    package var name: Range<Int> { Int(start)..<(Int(start) &+ Int(nameCount)) }
    package var value: Range<Int> {
      let valueStart = Int(start) &+ Int(nameCount)
      return valueStart..<(valueStart &+ Int(valueCount))
    }
  }

  /// Names and values, up to `byteCount`; what lies behind is what an earlier message left.
  package private(set) var storage: [UInt8] = []
  private var byteCount = 0
  /// The fields, up to `count`; as `storage`.
  package private(set) var entries: [Entry] = []
  /// The number of fields, repeated names counted each time.
  public private(set) var count = 0
  /// The known names among them.
  public private(set) var names: HTTPFieldName.Set = []

  /// No fields; allocates nothing.
  public init() {}

  /// Whether there is no field.
  public var isEmpty: Bool { count == 0 }

  /// The most bytes that the fields are in HTTP/1, with colons, spaces and line ends.
  package var wireBytes: Int { byteCount &+ count &* 24 }

  public static func == (first: HTTPFields, second: HTTPFields) -> Bool {
    first.count == second.count && first.names == second.names
      && first.byteCount == second.byteCount
      && first.entries[..<first.count] == second.entries[..<second.count]
      && first.storage[..<first.byteCount] == second.storage[..<second.byteCount]
  }

  /// Adds a field at the end. ASCII capitals in `name` are lowered; nothing else is checked.
  public mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
    if let known = HTTPFieldName(name) { return append(known, value) }
    let start = byteCount
    add(name)
    for index in name.indices where name[index] &- 0x41 < 26 {
      storage[start &+ index] = ASCII.lowercased(name[index])
    }
    add(value)
    addEntry(nil, start, nameCount: name.count, valueCount: value.count)
  }

  /// Adds a field at the end.
  public mutating func append(_ name: HTTPFieldName, _ value: Span<UInt8>) {
    let start = byteCount
    add(value)
    addEntry(name, start, nameCount: 0, valueCount: value.count)
  }

  /// Adds a field at the end.
  public mutating func append(_ name: HTTPFieldName, _ value: String) {
    append(name, value.utf8.span)
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

  /// Removes every field; with `keepingCapacity` the storage is kept for reuse.
  public mutating func removeAll(keepingCapacity: Bool = false) {
    if !keepingCapacity {
      storage = []
      entries = []
    }
    byteCount = 0
    count = 0
    names = []
  }

  /// Adds bytes to the storage, over what an earlier message left.
  private mutating func add(_ bytes: Span<UInt8>) {
    let end = byteCount &+ bytes.count
    if end > storage.count {
      storage.append(contentsOf: repeatElement(0, count: max(end, 64) &* 2 &- storage.count))
    }
    storage.replace(from: byteCount, by: bytes)
    byteCount = end
  }

  private mutating func addEntry(
    _ known: HTTPFieldName?, _ start: Int, nameCount: Int, valueCount: Int
  ) {
    if let known { names.formUnion(HTTPFieldName.Set(known)) }
    let entry = Entry(
      known: known, start: UInt32(truncatingIfNeeded: start),
      nameCount: UInt32(truncatingIfNeeded: nameCount),
      valueCount: UInt32(truncatingIfNeeded: valueCount))
    if count < entries.count {
      entries[count] = entry
    } else {
      entries.append(entry)
    }
    count &+= 1
  }
}
