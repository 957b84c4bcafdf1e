// SPDX-License-Identifier: Apache-2.0

/// Where memory that a caller names is judged before an atomic is made of it.
extension AtomicLocation {
  /// The value of `type` that lies `offset` bytes into `buffer`.
  ///
  /// Safety: the caller promises what ``AtomicView/init(at:)`` asks for; where `readOnly`, the
  /// memory need not be writable, and only loads follow.
  @unsafe
  init(
    in buffer: UnsafeRawBufferPointer, at offset: Int, _ type: RegisterType, readOnly: Bool
  ) throws(BufferError) {
    let width = type.width
    let count = width.byteCount
    guard readOnly ? width.hasReadOnlyLoad : width.isLockFree else {
      throw .unsupportedWidth(byteCount: count, readOnly: readOnly)
    }
    guard let base = buffer.baseAddress else { throw .null }
    guard offset >= 0, count <= buffer.count, offset <= buffer.count - count else {
      throw .outOfBounds(offset: offset, byteCount: count, bufferByteCount: buffer.count)
    }
    let address = UInt(bitPattern: base) + UInt(offset)
    guard AtomicAlignment(width).isMet(by: address) else {
      throw .misaligned(address: address, width: width)
    }
    // Safety: the address lies in the buffer and is aligned; what writes is refused where it may
    // not be written.
    unsafe self.init(UnsafeMutableRawPointer(mutating: base + offset), checked: width)
  }
}

extension RegisterType {
  /// The type of `kind` that covers a whole buffer of `byteCount` bytes.
  static func covering(_ byteCount: Int, _ kind: AtomicKind, readOnly: Bool) throws(BufferError)
    -> RegisterType
  {
    guard let width = AtomicWidth(byteCount: byteCount) else {
      throw .unsupportedWidth(byteCount: byteCount, readOnly: readOnly)
    }
    guard let type = RegisterType(kind: kind, width: width) else {
      throw .unsupportedType(kind, width)
    }
    return type
  }
}
