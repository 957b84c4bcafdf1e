// SPDX-License-Identifier: Apache-2.0

/// Which addresses operations of a width need, as data: powers of two, in bytes.
///
/// On the processors that the library knows, minimum and recommended are the width itself, and a
/// value then lies within one cache line. Intel's and AMD's run a locked instruction at any
/// address, but across two lines it stops every core for thousands of cycles or faults, and a plain
/// load or store there is not atomic; so less is not offered.
public struct AtomicAlignment: Hashable, Sendable {
  /// The width whose alignment this is.
  public let width: AtomicWidth

  /// - Complexity: O(1).
  @inlinable public init(_ width: AtomicWidth) { self.width = width }

  /// What an address is best a multiple of.
  @inlinable public var recommended: Int { width.byteCount }

  /// What an address must be a multiple of.
  @inlinable public var minimum: Int { width.byteCount }

  /// The block, at a multiple of its own size, within which a value at the minimum alignment must
  /// lie; 0 where that is no condition.
  @inlinable public var sizeWithin: Int { 0 }

  /// Whether a value at `address` has the recommended alignment.
  @inlinable public func isMet(by address: UInt) -> Bool { address & UInt(recommended - 1) == 0 }

  /// Whether a value at `address` has the minimum alignment and lies within one block.
  @inlinable public func isMinimumMet(by address: UInt) -> Bool {
    guard address & UInt(minimum - 1) == 0 else { return false }
    return sizeWithin == 0 || address % UInt(sizeWithin) + UInt(width.byteCount) <= UInt(sizeWithin)
  }

  /// Whether `buffer` is as long as the width and has the recommended alignment.
  public func isMet(by buffer: UnsafeRawBufferPointer) -> Bool {
    buffer.count == width.byteCount && isMet(by: UInt(bitPattern: buffer.baseAddress))
  }

  /// Whether `buffer` is as long as the width and has the minimum alignment.
  public func isMinimumMet(by buffer: UnsafeRawBufferPointer) -> Bool {
    buffer.count == width.byteCount && isMinimumMet(by: UInt(bitPattern: buffer.baseAddress))
  }
}

extension AtomicAlignment: CustomStringConvertible {
  public var description: String {
    "AtomicAlignment(width: \(width.byteCount), recommended: \(recommended), minimum: \(minimum), "
      + "sizeWithin: \(sizeWithin))"
  }
}
