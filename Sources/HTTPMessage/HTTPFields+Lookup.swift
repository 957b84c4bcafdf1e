// SPDX-License-Identifier: Apache-2.0

extension HTTPFields {
  /// The value of the first field called `name` (lower case), or nil. Copies the value.
  public func first(_ name: String) -> [UInt8]? {
    guard let entry = entry(named: name) else { return nil }
    return [UInt8](storage[entry.value])
  }

  /// The value of the first field called `name` as text, or nil if there is none or it is not
  /// UTF-8.
  public func text(_ name: String) -> String? {
    guard let entry = entry(named: name) else { return nil }
    return String(validating: storage[entry.value], as: UTF8.self)
  }

  /// Whether there is a field called `name` (lower case).
  public func contains(_ name: String) -> Bool { entry(named: name) != nil }

  /// How many fields are called `name` (lower case).
  public func count(of name: String) -> Int {
    let key = name.utf8.span
    let signature = Self.signature(key)
    var result = 0
    for entry in entries where matches(entry, key, signature) { result &+= 1 }
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
    withFirst(name) { $0.equals(text) } ?? false
  }

  /// Runs `body` on name and value of each field, in order, without a copy.
  public func visit(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
    for entry in entries {
      body(storage.span.extracting(entry.name), storage.span.extracting(entry.value))
    }
  }

  private func entry(named name: String) -> Entry? {
    let key = name.utf8.span
    let signature = Self.signature(key)
    for entry in entries where matches(entry, key, signature) { return entry }
    return nil
  }

  @inline(__always)
  private func matches(_ entry: Entry, _ key: Span<UInt8>, _ signature: UInt32) -> Bool {
    entry.signature == signature && storage.span.extracting(entry.name).equals(key)
  }
}
