// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// The fields of the last header sections, each at its place. Clients send the same fields in the
/// same order in each request, and the library gives the same strings for them as long as they
/// stand in its table (RFC 7541 §2.3.2): comparing two addresses then tells all that was found out
/// when a field came for the first time.
@safe struct SeenFields: ~Copyable {
  // Safety: of all methods: every string in an entry is counted as held by it, so its address is
  // given to no other meanwhile. `entries` has as many as there are places, or is not there.
  @safe struct Entry {
    fileprivate(set) var name: OpaquePointer?
    /// Nothing where only the name is known again: targets and lengths are seldom in the table.
    fileprivate(set) var value: OpaquePointer?
    fileprivate(set) var meaning = FieldMeaning.foreign
    /// As the section counts it, the value only where it is known.
    fileprivate(set) var byteCount = 0

    fileprivate init() {
      unsafe name = nil
      unsafe value = nil
    }
  }

  private static let places = 16
  /// The longest field that is kept.
  private static let longestField = 256

  private var entries: UnsafeMutablePointer<Entry>?

  init() {
    unsafe entries = nil
  }

  deinit { unsafe Self.release(entries) }

  /// The field that stood at `place` last; nil where none is kept.
  @inline(__always)
  func entry(at place: Int) -> UnsafePointer<Entry>? {
    guard let entries = unsafe entries, place < Self.places else { return nil }
    return unsafe UnsafePointer(entries + place)
  }

  /// Keeps a field that was found well formed, unless it seldom comes twice or depends on others.
  mutating func keep(
    _ name: OpaquePointer, _ value: OpaquePointer, _ meaning: FieldMeaning, nameCount: Int,
    valueCount: Int, at place: Int
  ) {
    guard place < Self.places else { return }
    let entry = unsafe allEntries() + place
    switch meaning {
    case .host, .connect: return
    case .path, .contentLength:
      unsafe nghttp2_rcbuf_incref(name)
      unsafe Self.release(&entry.pointee)
      unsafe entry.pointee.value = nil
      unsafe entry.pointee.byteCount = nameCount &+ 32
    case .method, .scheme, .authority, .known, .foreign:
      guard nameCount &+ valueCount <= Self.longestField else { return }
      unsafe nghttp2_rcbuf_incref(name)
      unsafe nghttp2_rcbuf_incref(value)
      unsafe Self.release(&entry.pointee)
      unsafe entry.pointee.value = unsafe value
      unsafe entry.pointee.byteCount = nameCount &+ valueCount &+ 32
    }
    unsafe entry.pointee.name = unsafe name
    unsafe entry.pointee.meaning = meaning
  }

  /// Gives the memory back.
  mutating func removeAll() {
    unsafe Self.release(entries)
    unsafe entries = nil
  }

  private mutating func allEntries() -> UnsafeMutablePointer<Entry> {
    if let entries = unsafe entries { return unsafe entries }
    let made = UnsafeMutablePointer<Entry>.allocate(capacity: Self.places)
    unsafe made.initialize(repeating: Entry(), count: Self.places)
    unsafe entries = unsafe made
    return unsafe made
  }

  private static func release(_ entries: UnsafeMutablePointer<Entry>?) {
    guard let entries = unsafe entries else { return }
    for place in 0..<places { unsafe release(&entries[place]) }
    unsafe entries.deallocate()
  }

  private static func release(_ entry: inout Entry) {
    if let name = unsafe entry.name { unsafe nghttp2_rcbuf_decref(name) }
    if let value = unsafe entry.value { unsafe nghttp2_rcbuf_decref(value) }
  }
}
