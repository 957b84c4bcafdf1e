// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// The fields of the last header sections, each at its place. Clients send the same fields in the
/// same order in each request, and the library gives the same strings for them as long as they
/// stand in its table (RFC 7541 §2.3.2): comparing two addresses then tells all that was found out
/// when a field came for the first time.
@safe struct SeenFields: ~Copyable {
  // Safety of all methods: every string in an entry is counted as held by it, so its address is
  // given to no other meanwhile.
  @safe struct Entry {
    fileprivate var name: OpaquePointer?
    fileprivate var value: OpaquePointer?
    private(set) var meaning = FieldMeaning.foreign
    /// As the section counts it.
    private(set) var byteCount = 0

    fileprivate init() {
      unsafe name = nil
      unsafe value = nil
    }

    fileprivate init(
      _ name: OpaquePointer?, _ value: OpaquePointer?, _ meaning: FieldMeaning, _ byteCount: Int
    ) {
      unsafe self.name = unsafe name
      unsafe self.value = unsafe value
      self.meaning = meaning
      self.byteCount = byteCount
    }
  }

  static let places = 16
  /// The longest value that is kept.
  private static let longestValue = 256

  private var entries = InlineArray<16, Entry>(repeating: Entry())

  init() {}

  deinit { Self.release(entries) }

  /// What stands at `place`, if it is this very field.
  @inline(__always)
  func find(_ name: OpaquePointer, _ value: OpaquePointer, at place: Int) -> Entry? {
    guard place < Self.places else { return nil }
    let entry = entries[place]
    guard unsafe entry.value == value, unsafe entry.name == name else { return nil }
    return entry
  }

  /// Keeps a field that was found well formed, unless it seldom comes twice or depends on others.
  mutating func keep(
    _ name: OpaquePointer, _ value: OpaquePointer, _ meaning: FieldMeaning, byteCount: Int,
    at place: Int
  ) {
    guard place < Self.places, byteCount <= Self.longestValue else { return }
    switch meaning {
    case .path, .host, .contentLength, .connect: return
    case .method, .scheme, .authority, .known, .foreign: break
    }
    unsafe nghttp2_rcbuf_incref(name)
    unsafe nghttp2_rcbuf_incref(value)
    Self.release(entries[place])
    entries[place] = unsafe Entry(name, value, meaning, byteCount)
  }

  mutating func removeAll() {
    Self.release(entries)
    entries = InlineArray(repeating: Entry())
  }

  private static func release(_ entries: borrowing InlineArray<16, Entry>) {
    for place in entries.indices { release(entries[place]) }
  }

  private static func release(_ entry: Entry) {
    if let name = unsafe entry.name { unsafe nghttp2_rcbuf_decref(name) }
    if let value = unsafe entry.value { unsafe nghttp2_rcbuf_decref(value) }
  }
}
