// SPDX-License-Identifier: Apache-2.0

// Memory that the caller keeps: each initializer asks for the promise of
// ``AtomicCell/init(at:type:)``.

extension AtomicCell {
  /// A cell that is the whole of `buffer`: its width is the buffer's byte count.
  ///
  /// - Throws: ``BufferError`` for a byte count that no operation covers, a null or misaligned
  ///   address.
  @unsafe
  public init(over buffer: UnsafeMutableRawBufferPointer, kind: AtomicKind) throws(BufferError) {
    let type = try RegisterType.covering(buffer.count, kind, readOnly: false)
    try unsafe self.init(in: buffer, at: 0, type: type)
  }

  /// The value of `type` that lies `offset` bytes into `buffer`.
  ///
  /// - Throws: ``BufferError`` for a value that does not lie within the buffer, a misaligned
  ///   address, a width that this machine has not.
  @unsafe
  public init(in buffer: UnsafeMutableRawBufferPointer, at offset: Int, type: RegisterType)
    throws(BufferError)
  {
    // Safety: the caller's promise is passed on.
    let location = try unsafe AtomicLocation(
      in: UnsafeRawBufferPointer(buffer), at: offset, type, readOnly: false)
    self.init(location, type)
  }
}

extension ReadOnlyCell {
  /// A cell that is the whole of `buffer`: its width is the buffer's byte count. It offers
  /// loads and bit tests.
  ///
  /// - Throws: ``BufferError`` for a byte count that no load covers which only reads, a null or
  ///   misaligned address.
  @unsafe
  public init(over buffer: UnsafeRawBufferPointer, kind: AtomicKind) throws(BufferError) {
    let type = try RegisterType.covering(buffer.count, kind, readOnly: true)
    try unsafe self.init(in: buffer, at: 0, type: type)
  }

  /// The value of `type` that lies `offset` bytes into `buffer`.
  ///
  /// - Throws: ``BufferError`` for a value that does not lie within the buffer, a misaligned
  ///   address, a width of which this machine has no load that only reads.
  @unsafe
  public init(in buffer: UnsafeRawBufferPointer, at offset: Int, type: RegisterType)
    throws(BufferError)
  {
    // Safety: the caller's promise is passed on.
    let location = try unsafe AtomicLocation(in: buffer, at: offset, type, readOnly: true)
    self.init(location, type)
  }
}

extension AtomicView {
  /// A view that is the whole of `buffer`, which is as long as `Value`.
  ///
  /// - Throws: ``BufferError`` for another byte count, a null or misaligned address, 16 bytes where
  ///   this machine has no operations on them.
  @unsafe
  public init(over buffer: UnsafeMutableRawBufferPointer) throws(BufferError) {
    guard buffer.count == Value.atomicWidth.byteCount else {
      throw .outOfBounds(
        offset: 0, byteCount: Value.atomicWidth.byteCount, bufferByteCount: buffer.count)
    }
    try unsafe self.init(in: buffer, at: 0)
  }

  /// A view over the value that lies `offset` bytes into `buffer`.
  ///
  /// - Throws: ``BufferError`` for a value that does not lie within the buffer, a misaligned
  ///   address, 16 bytes where this machine has no operations on them.
  @unsafe
  public init(in buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(BufferError) {
    // Safety: the caller's promise is passed on.
    location = try unsafe AtomicLocation(
      in: UnsafeRawBufferPointer(buffer), at: offset, Value.registerType, readOnly: false)
  }
}
