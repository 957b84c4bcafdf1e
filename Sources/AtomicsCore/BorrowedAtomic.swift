// SPDX-License-Identifier: Apache-2.0

/// An atomic over memory that is borrowed for the length of a closure, its type known at compile
/// time: use after the scope does not compile.
///
///     var counts: [UInt64] = [0, 0]
///     var span = counts.mutableSpan
///     try span.withAtomic(at: 1) { count in
///       count.fetchAdd(5)
///     }
///
/// **Thread safety**: any thread that ends before the closure does.
public struct BorrowedAtomic<Value: AtomicValue>: AtomicAccess, ~Copyable, Sendable {
  public let location: AtomicLocation
  public var isReadOnly: Bool { false }

  init(_ location: AtomicLocation) { self.location = location }
}

/// An atomic over borrowed memory that is only read, its type known at compile time; else as
/// ``BorrowedAtomic``.
public struct BorrowedReadOnlyAtomic<Value: AtomicValue>: AtomicReadAccess, ~Copyable, Sendable {
  public let location: AtomicLocation
  public var isReadOnly: Bool { true }

  init(_ location: AtomicLocation) { self.location = location }
}

/// An atomic over borrowed memory, its type known at run time; else as ``BorrowedAtomic``.
public struct BorrowedCell: RuntimeAtomicAccess, ~Copyable, Sendable {
  public let location: AtomicLocation
  public let type: RegisterType
  public let isReadOnly: Bool

  init(_ location: AtomicLocation, _ type: RegisterType, isReadOnly: Bool) {
    self.location = location
    self.type = type
    self.isReadOnly = isReadOnly
  }
}

// Safety: a span's memory is there, and nobody else's, until the closure returns; the atomic cannot
// be copied out of it. What must hold of the address is checked.

extension MutableSpan where Element: AtomicValue {
  /// Runs `body` with the element at `index` as an atomic.
  ///
  /// - Throws: What `body` throws, or ``BufferError``: bytes may be misaligned, and 16 bytes may
  ///   have no operations on this machine. Traps where `index` is out of range.
  @discardableResult
  public mutating func withAtomic<Result: ~Copyable>(
    at index: Int, _ body: (borrowing BorrowedAtomic<Element>) throws -> Result
  ) throws -> Result {
    precondition(index >= 0 && index < count, "the index is below the count")
    return try unsafe withUnsafeMutableBytes { bytes in
      let location = try unsafe AtomicLocation(
        in: UnsafeRawBufferPointer(bytes), at: index * MemoryLayout<Element>.stride,
        Element.registerType, readOnly: false)
      return try body(BorrowedAtomic(location))
    }
  }
}

extension Span where Element: AtomicValue {
  /// Runs `body` with the element at `index` as an atomic that is only read.
  ///
  /// - Throws: What `body` throws, or ``BufferError``: bytes may be misaligned, and a load of 16
  ///   bytes may write on this machine. Traps where `index` is out of range.
  public func withReadOnlyAtomic<Result: ~Copyable>(
    at index: Int, _ body: (borrowing BorrowedReadOnlyAtomic<Element>) throws -> Result
  ) throws -> Result {
    precondition(index >= 0 && index < count, "the index is below the count")
    return try unsafe withUnsafeBytes { bytes in
      let location = try unsafe AtomicLocation(
        in: bytes, at: index * MemoryLayout<Element>.stride, Element.registerType, readOnly: true)
      return try body(BorrowedReadOnlyAtomic(location))
    }
  }
}

extension MutableRawSpan {
  /// Runs `body` with the whole span as an atomic: its width is the span's byte count.
  ///
  /// - Throws: What `body` throws, or ``BufferError`` for a byte count that no operation covers or
  ///   a misaligned address.
  @discardableResult
  public mutating func withCell<Result: ~Copyable>(
    kind: AtomicKind, _ body: (borrowing BorrowedCell) throws -> Result
  ) throws -> Result {
    try withCell(
      at: 0, type: RegisterType.covering(byteCount, kind, readOnly: false), body)
  }

  /// Runs `body` with the value of `type` that lies `offset` bytes into the span as an atomic.
  ///
  /// - Throws: What `body` throws, or ``BufferError`` for a value that does not lie within the
  ///   span, a misaligned address, a width that this machine has not.
  @discardableResult
  public mutating func withCell<Result: ~Copyable>(
    at offset: Int, type: RegisterType, _ body: (borrowing BorrowedCell) throws -> Result
  ) throws -> Result {
    try unsafe withUnsafeMutableBytes { bytes in
      let location = try unsafe AtomicLocation(
        in: UnsafeRawBufferPointer(bytes), at: offset, type, readOnly: false)
      return try body(BorrowedCell(location, type, isReadOnly: false))
    }
  }
}

extension RawSpan {
  /// Runs `body` with the whole span as an atomic that is only read: its width is the span's byte
  /// count.
  ///
  /// - Throws: What `body` throws, or ``BufferError`` for a byte count that no load covers which
  ///   only reads, or a misaligned address.
  public func withReadOnlyCell<Result: ~Copyable>(
    kind: AtomicKind, _ body: (borrowing BorrowedCell) throws -> Result
  ) throws -> Result {
    let type = try RegisterType.covering(byteCount, kind, readOnly: true)
    return try unsafe withUnsafeBytes { bytes in
      let location = try unsafe AtomicLocation(in: bytes, at: 0, type, readOnly: true)
      return try body(BorrowedCell(location, type, isReadOnly: true))
    }
  }
}
