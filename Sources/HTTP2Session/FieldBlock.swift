// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// A header section as the library takes it, in memory that its maker lends.
@safe struct FieldBlock {
  // Safety of all methods: the memory has room for what its maker counted, and nothing that the
  // entries point at goes away before the message is submitted. The library only reads it: the
  // pointers are mutable because the C structure has no others.
  private let entries: UnsafeMutableBufferPointer<nghttp2_nv>
  private(set) var count = 0

  init(_ memory: UnsafeMutableBufferPointer<nghttp2_nv>) {
    unsafe entries = unsafe memory
  }

  /// What the library is given.
  var start: UnsafePointer<nghttp2_nv>? { unsafe UnsafePointer(entries.baseAddress) }

  /// Adds a field whose name is a literal.
  @inline(__always)
  mutating func append(_ name: StaticString, _ value: UnsafeMutablePointer<UInt8>, count: Int) {
    unsafe add(
      UnsafeMutablePointer(mutating: name.utf8Start), name.utf8CodeUnitCount, value, count,
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)
  }

  /// Adds a field whose name is a literal and whose value stays where it is until it is sent.
  @inline(__always)
  mutating func append(
    _ name: StaticString, keeping value: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    unsafe add(
      UnsafeMutablePointer(mutating: name.utf8Start), name.utf8CodeUnitCount, value, count,
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
  }

  /// Adds a field of two literals, which live as long as the process.
  @inline(__always)
  mutating func append(_ name: StaticString, _ value: StaticString) {
    unsafe add(
      UnsafeMutablePointer(mutating: name.utf8Start), name.utf8CodeUnitCount,
      UnsafeMutablePointer(mutating: value.utf8Start), value.utf8CodeUnitCount,
      NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
  }

  /// Adds a field that the library copies.
  @inline(__always)
  fileprivate mutating func append(
    _ name: UnsafeMutablePointer<UInt8>, _ nameCount: Int, _ value: UnsafeMutablePointer<UInt8>,
    _ count: Int
  ) {
    unsafe add(name, nameCount, value, count, 0)
  }

  @inline(__always)
  private mutating func add(
    _ name: UnsafeMutablePointer<UInt8>, _ nameCount: Int, _ value: UnsafeMutablePointer<UInt8>,
    _ valueCount: Int, _ flags: UInt32
  ) {
    unsafe precondition(count < entries.count, "more fields than were counted")
    unsafe entries.initializeElement(
      at: count,
      to: nghttp2_nv(
        name: name, value: value, namelen: nameCount, valuelen: valueCount,
        flags: UInt8(truncatingIfNeeded: flags)))
    count &+= 1
  }
}

extension HTTPFields {
  /// Adds the fields to `block` and runs `body` on it, as long as they stay where they are.
  @inline(__always)
  func withNameValues(_ block: inout FieldBlock, _ body: (FieldBlock) -> Int32) -> Int32 {
    guard !isEmpty else { return body(block) }
    // Safety: the storage outlives the call of `body`, and every entry lies within it.
    return unsafe storage.withUnsafeBufferPointer { storage in
      guard let base = unsafe UnsafeMutablePointer(mutating: storage.baseAddress) else {
        return body(block)
      }
      for index in 0..<count {
        let entry = entries[index]
        let value = unsafe base + entry.value.lowerBound
        if let known = entry.known {
          unsafe block.append(known.text, value, count: entry.value.count)
        } else {
          unsafe block.append(
            base + entry.name.lowerBound, entry.name.count, value, entry.value.count)
        }
      }
      return body(block)
    }
  }
}
