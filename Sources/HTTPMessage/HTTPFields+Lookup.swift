// SPDX-License-Identifier: Apache-2.0

extension HTTPFields {
  /// The value of the first field called `name`, or nil. Copies the value.
  public func first(_ name: HTTPFieldName) -> [UInt8]? {
    entry(name).map { [UInt8](storage[$0.value]) }
  }

  /// The value of the first field called `name` as text, or nil if there is none or it is not
  /// UTF-8.
  public func text(_ name: HTTPFieldName) -> String? {
    guard let entry = entry(name) else { return nil }
    return String(validating: storage[entry.value], as: UTF8.self)
  }

  /// Whether there is a field called `name`.
  public func contains(_ name: HTTPFieldName) -> Bool {
    names.contains(HTTPFieldName.Set(name))
  }

  /// How many fields are called `name`.
  public func count(of name: HTTPFieldName) -> Int {
    guard contains(name) else { return 0 }
    var result = 0
    for index in 0..<count where entries[index].known == name { result &+= 1 }
    return result
  }

  /// Runs `body` on the value of the first field called `name`, without a copy; nil if there is
  /// none.
  public func withFirst<Result>(_ name: HTTPFieldName, _ body: (Span<UInt8>) -> Result) -> Result? {
    guard let entry = entry(name) else { return nil }
    return body(storage.span.extracting(entry.value))
  }

  /// Whether the first field called `name` is exactly `text`.
  public func first(_ name: HTTPFieldName, equals text: StaticString) -> Bool {
    withFirst(name) { $0.equals(text) } ?? false
  }

  /// Whether the first field called `name` is exactly `bytes`.
  public func first(_ name: HTTPFieldName, equals bytes: Span<UInt8>) -> Bool {
    guard let entry = entry(name) else { return false }
    return storage.span.extracting(entry.value).equals(bytes)
  }

  /// Runs `body` on name and value of each field, in order, without a copy.
  public func visit(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
    for index in 0..<count {
      let entry = entries[index]
      let value = storage.span.extracting(entry.value)
      if let known = entry.known {
        known.text.withBytes { body($0, value) }
      } else {
        body(storage.span.extracting(entry.name), value)
      }
    }
  }

  private func entry(_ name: HTTPFieldName) -> Entry? {
    guard contains(name) else { return nil }
    for index in 0..<count where entries[index].known == name { return entries[index] }
    return nil
  }
}

/// Any field, by its lower-case name.
extension HTTPFields {
  /// The value of the first field called `name`, or nil. Copies the value.
  public func first(_ name: String) -> [UInt8]? {
    entry(named: name).map { [UInt8](storage[$0.value]) }
  }

  /// The value of the first field called `name` as text, or nil if there is none or it is not
  /// UTF-8.
  public func text(_ name: String) -> String? {
    guard let entry = entry(named: name) else { return nil }
    return String(validating: storage[entry.value], as: UTF8.self)
  }

  /// Whether there is a field called `name`.
  public func contains(_ name: String) -> Bool { entry(named: name) != nil }

  /// How many fields are called `name`.
  public func count(of name: String) -> Int {
    let key = name.utf8.span
    let known = HTTPFieldName(key)
    var result = 0
    for entry in entries[..<count] where matches(entry, key, known) { result &+= 1 }
    return result
  }

  /// Runs `body` on the value of the first field called `name`, without a copy; nil if there is
  /// none.
  public func withFirst<Result>(_ name: String, _ body: (Span<UInt8>) -> Result) -> Result? {
    guard let entry = entry(named: name) else { return nil }
    return body(storage.span.extracting(entry.value))
  }

  /// Whether the first field called `name` is exactly `text`.
  public func first(_ name: String, equals text: String) -> Bool {
    withFirst(name) { $0.equals(text.utf8.span) } ?? false
  }

  private func entry(named name: String) -> Entry? {
    let key = name.utf8.span
    let known = HTTPFieldName(key)
    for entry in entries[..<count] where matches(entry, key, known) { return entry }
    return nil
  }

  @inline(__always)
  private func matches(_ entry: Entry, _ key: Span<UInt8>, _ known: HTTPFieldName?) -> Bool {
    guard entry.known == known else { return false }
    return known != nil || storage.span.extracting(entry.name).equals(key)
  }
}
