// SPDX-License-Identifier: Apache-2.0

/// Why memory cannot hold an atomic. Nothing was read or written.
public enum BufferError: Error, Equatable {
  /// The address is null.
  case null
  /// The address is no multiple of the width.
  case misaligned(address: UInt, width: AtomicWidth)
  /// No operation covers so many bytes on this machine; `readOnly`, none that does not write.
  case unsupportedWidth(byteCount: Int, readOnly: Bool)
  /// No value of this kind is so wide: floats are 4 or 8 bytes.
  case unsupportedType(AtomicKind, AtomicWidth)
  /// The value would not lie within the buffer.
  case outOfBounds(offset: Int, byteCount: Int, bufferByteCount: Int)
}

extension BufferError: CustomStringConvertible {
  /// One sentence: what was wrong and what is allowed.
  public var description: String {
    switch self {
    case .null: "an atomic does not lie at the null address"
    case .misaligned(let address, let width):
      "the address 0x\(String(address, radix: 16)) is no multiple of \(width.byteCount), the "
        + "alignment of a \(width.byteCount)-byte atomic"
    case .unsupportedWidth(let byteCount, let readOnly):
      "no operations are supported on \(readOnly ? "read-only " : "")objects of \(byteCount) "
        + "bytes; this machine has \(Self.widths(readOnly))"
    case .unsupportedType(let kind, let width):
      "no \(kind) value is \(width.byteCount) bytes wide; floats are 4 or 8"
    case .outOfBounds(let offset, let byteCount, let bufferByteCount):
      "\(byteCount) bytes at offset \(offset) do not lie within a buffer of \(bufferByteCount)"
    }
  }

  private static func widths(_ readOnly: Bool) -> String {
    AtomicWidth.allCases.filter { readOnly ? $0.hasReadOnlyLoad : $0.isLockFree }
      .map { "\($0.byteCount)" }.joined(separator: ", ")
  }
}
