// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// The library's memory: for every request it takes and gives back a few blocks of the same few
/// sizes, which are kept here for the next one instead.
///
/// Each block follows two words. While it is kept, it begins with the address of the next one.
///
///     0       8          16
///     | class | capacity | block: capacity bytes, class × 64 of them where class is not 0 …
@safe struct SessionMemory: ~Copyable {
  // Safety: of all methods: blocks are only those that `take` gave, each given back once, as the
  // library's own allocator demands of it.

  /// Larger blocks, class 0, are not kept.
  private static let classes = 16
  private static let headerBytes = 16
  /// What a session keeps while it is in use.
  private static let keptBytes = 64 << 10

  private var kept = unsafe InlineArray<17, UnsafeMutableRawPointer?>(repeating: nil)
  private var keptCount = 0

  init() {}

  deinit { unsafe Self.free(kept) }

  /// Frees what is kept.
  mutating func releaseAll() {
    unsafe Self.free(kept)
    unsafe kept = unsafe InlineArray(repeating: nil)
    keptCount = 0
  }

  private static func free(_ kept: borrowing InlineArray<17, UnsafeMutableRawPointer?>) {
    for index in unsafe kept.indices {
      var next = unsafe kept[index]
      while let block = unsafe next {
        unsafe next = unsafe block.load(as: UnsafeMutableRawPointer?.self)
        unsafe (block - headerBytes).deallocate()
      }
    }
  }

  fileprivate mutating func take(_ count: Int) -> UnsafeMutableRawPointer {
    let size = (count &+ 63) &>> 6
    if size <= Self.classes, let block = unsafe kept[size] {
      unsafe kept[size] = unsafe block.load(as: UnsafeMutableRawPointer?.self)
      keptCount &-= size &<< 6
      return unsafe block
    }
    let isKept = size <= Self.classes
    let capacity = isKept ? size &<< 6 : count
    let start = UnsafeMutableRawPointer.allocate(
      byteCount: Self.headerBytes &+ capacity, alignment: 16)
    unsafe start.storeBytes(of: isKept ? size : 0, as: Int.self)
    unsafe start.storeBytes(of: capacity, toByteOffset: 8, as: Int.self)
    return unsafe start + Self.headerBytes
  }

  fileprivate mutating func give(_ block: UnsafeMutableRawPointer) {
    let start = unsafe block - Self.headerBytes
    let size = unsafe start.load(as: Int.self)
    guard size > 0, keptCount < Self.keptBytes else { return unsafe start.deallocate() }
    unsafe block.storeBytes(of: kept[size], as: UnsafeMutableRawPointer?.self)
    unsafe kept[size] = unsafe block
    keptCount &+= size &<< 6
  }

  fileprivate mutating func grow(
    _ block: UnsafeMutableRawPointer, to count: Int
  ) -> UnsafeMutableRawPointer {
    let capacity = unsafe (block - 8).load(as: Int.self)
    if count <= capacity { return unsafe block }
    let larger = unsafe take(count)
    unsafe larger.copyMemory(from: block, byteCount: capacity)
    unsafe give(block)
    return unsafe larger
  }

  /// The memory behind the library's user data.
  fileprivate static func at(
    _ user: UnsafeMutableRawPointer?
  ) -> UnsafeMutablePointer<SessionMemory>? {
    unsafe user?.assumingMemoryBound(to: SessionMemory.self)
  }
}

extension SessionMemory {
  /// The functions that the library calls, on the memory at `user`, which outlives the session.
  static func functions(of user: UnsafeMutablePointer<SessionMemory>) -> nghttp2_mem {
    unsafe nghttp2_mem(
      mem_user_data: user,
      malloc: { count, user in
        guard let memory = unsafe SessionMemory.at(user) else { return nil }
        return unsafe memory.pointee.take(count)
      },
      free: { block, user in
        guard let memory = unsafe SessionMemory.at(user), let block = unsafe block else { return }
        unsafe memory.pointee.give(block)
      },
      calloc: { number, size, user in
        let (count, overflow) = number.multipliedReportingOverflow(by: size)
        guard !overflow, let memory = unsafe SessionMemory.at(user) else { return nil }
        let block = unsafe memory.pointee.take(count)
        unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        return unsafe block
      },
      realloc: { block, count, user in
        guard let memory = unsafe SessionMemory.at(user) else { return nil }
        guard let block = unsafe block else { return unsafe memory.pointee.take(count) }
        return unsafe memory.pointee.grow(block, to: count)
      })
  }
}
