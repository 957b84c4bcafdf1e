// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way to a peer. Appending never fails and never sends.
///
/// The loop lends one buffer to all its streams in turn; what a socket does not take is kept by
/// the stream. `unsentCount` counts both, `isFull` tells a handler to stop for now.
@safe public struct OutputBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var length = 0
  /// Bytes of earlier turns that the stream still holds.
  @usableFromInline var keptCount = 0
  @usableFromInline let highWater: Int

  /// Allocated at the start and after an unusually large reply.
  static let standardCapacity = 64 << 10
  /// What an empty buffer may keep; more is given back.
  static let retainedCapacity = 512 << 10

  /// An empty buffer; one of your own is of use for testing handlers.
  public init(highWater: Int = .max) {
    self.highWater = highWater
    capacity = Self.standardCapacity
    unsafe base = .allocate(byteCount: Self.standardCapacity, alignment: 16)
  }

  deinit { unsafe base.deallocate() }

  /// Bytes appended by now in this turn.
  @inlinable public var count: Int { length }

  /// Bytes not sent yet: this turn's and what the stream holds from earlier ones.
  @inlinable public var unsentCount: Int { keptCount &+ length }

  /// Unsent bytes have reached `StreamLimits.outputHighWater`: stop, and answer `.yield`.
  @inlinable public var isFull: Bool { unsentCount >= highWater }

  /// How many more bytes may be appended before it is full; less than 1 when it is.
  @inlinable public var room: Int { highWater &- unsentCount }

  /// Appends 8 bytes, least significant first.
  @inlinable public mutating func append(word: UInt64) {
    reserve(8)
    // Safety: `reserve` made room for 8 bytes at `length`.
    unsafe base.storeBytes(of: word.littleEndian, toByteOffset: length, as: UInt64.self)
    length &+= 8
  }

  /// Appends 16 bytes, least significant first within each word.
  @inlinable @inline(__always)
  public mutating func append(words first: UInt64, _ second: UInt64) {
    reserve(16)
    // Safety: `reserve` made room for 16 bytes at `length`.
    unsafe base.storeBytes(of: first.littleEndian, toByteOffset: length, as: UInt64.self)
    unsafe base.storeBytes(of: second.littleEndian, toByteOffset: length &+ 8, as: UInt64.self)
    length &+= 16
  }

  /// Appends 24 bytes, least significant first within each word.
  @inlinable @inline(__always)
  public mutating func append(words first: UInt64, _ second: UInt64, _ third: UInt64) {
    reserve(24)
    // Safety: `reserve` made room for 24 bytes at `length`.
    unsafe base.storeBytes(of: first.littleEndian, toByteOffset: length, as: UInt64.self)
    unsafe base.storeBytes(of: second.littleEndian, toByteOffset: length &+ 8, as: UInt64.self)
    unsafe base.storeBytes(of: third.littleEndian, toByteOffset: length &+ 16, as: UInt64.self)
    length &+= 24
  }

  /// Writes over 8 bytes that were appended in this turn; traps where there are none.
  @inlinable public mutating func replace(word: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset <= length &- 8, "no 8 bytes were appended at \(offset)")
    // Safety: the check above.
    unsafe base.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
  }

  @inlinable public mutating func append(_ byte: UInt8) {
    reserve(1)
    // Safety: `reserve` made room for one byte at `length`.
    unsafe base.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
    length &+= 1
  }

  /// Appends a copy of `bytes`.
  @inlinable public mutating func append(_ bytes: Span<UInt8>) {
    // Safety: the source is read within the closure only.
    unsafe bytes.withUnsafeBytes { unsafe append(copying: $0) }
  }

  /// Appends a copy of `bytes`.
  @inlinable public mutating func append(contentsOf bytes: [UInt8]) {
    // Safety: the source is read within the closure only.
    unsafe bytes.withUnsafeBytes { unsafe append(copying: $0) }
  }

  /// Appends the UTF-8 bytes of `text`; pre-built lines without a copy on the heap.
  @inlinable public mutating func append(_ text: StaticString) {
    // Safety: a static string's bytes live as long as the program.
    text.withUTF8Buffer { unsafe append(copying: UnsafeRawBufferPointer($0)) }
  }

  /// Reads what was appended in this turn; for tests of handlers.
  public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    // Safety: `base` holds `length` initialised bytes and does not move while `self` is borrowed.
    let bytes = unsafe UnsafeBufferPointer(
      start: UnsafePointer(base.assumingMemoryBound(to: UInt8.self)), count: length)
    return body(unsafe Span(_unsafeElements: bytes))
  }

  /// Forgets what was appended in this turn.
  public mutating func removeAll() { length = 0 }

  /// Forgets the first bytes that were appended in this turn; the others move up. Traps where there
  /// are not as many.
  public mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= length, "no \(count) bytes were appended")
    length &-= count
    // Safety: `count` and the `length` that is left lie within the block; they may overlap.
    if length > 0 { unsafe base.copyMemory(from: base + count, byteCount: length) }
  }

  @usableFromInline mutating func append(copying bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    // Safety: `reserve` made room at `length`; a caller's bytes never lie in this buffer.
    unsafe (base + length).copyMemory(from: source, byteCount: bytes.count)
    length &+= bytes.count
  }

  @inlinable mutating func reserve(_ byteCount: Int) {
    if capacity &- length < byteCount { grow(by: byteCount) }
  }

  @usableFromInline mutating func grow(by byteCount: Int) {
    reallocate(max(capacity * 2, length + byteCount))
  }

  /// Makes the buffer ready for a stream that holds `keptCount` unsent bytes; of use to a handler
  /// that changes what another appends.
  public mutating func begin(keptCount: Int) {
    length = 0
    self.keptCount = keptCount
    if capacity > Self.retainedCapacity { reallocate(Self.standardCapacity) }
  }

  private mutating func reallocate(_ newCapacity: Int) {
    // Safety: both blocks hold at least `length` bytes, and the old one is not used again.
    let moved = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
    unsafe moved.copyMemory(from: base, byteCount: length)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = newCapacity
  }
}
