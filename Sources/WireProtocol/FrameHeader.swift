// SPDX-License-Identifier: Apache-2.0

/// The 16 bytes before every frame of `atr/1`, little-endian, the same size both ways.
///
///     offset  size  request                          reply
///          0     1  opcode                           the same opcode
///          1     1  flags                            flags
///          2     1  order | failure << 3 | return << 6   status
///          3     1  width | kind << 3 | overflow << 6    type of the value
///          4     3  body length in bytes, a multiple of 8
///          7     1  argument (see below)             argument (old bit)
///          8     4  sequence, chosen by the client   sequence, echoed
///         12     4  handle; 0xFFFFFFFF = by name     auxiliary
///
/// A request's argument is the index of a bit operation, the relation of a compare-exchange
/// (0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge), 1 where an exchange's operand is followed by a mask, and 0
/// elsewhere. Overflow is 0 wrap, 1 saturate, 2 fail; 0 except for integer arithmetic.
public struct FrameHeader: Equatable, Sendable {
  public static let byteCount = 16
  /// The handle of a frame whose body begins with a name.
  public static let byName: UInt32 = 0xFFFF_FFFF
  /// The type byte "as registered": both its width and its kind are 7.
  public static let typeAsRegistered: UInt8 = 0x3F
  /// The bits of the type byte that are width and kind.
  public static let typeMask: UInt8 = 0x3F
  /// The longest body that 24 bits can tell.
  public static let bodyByteLimit = 0xFF_FFF8

  public var opcode: UInt8
  public var flags: UInt8
  /// Of a request: the order bits. Of a reply: the status.
  public var orderOrStatus: UInt8
  public var type: UInt8
  /// Bytes after the header; 24 bits.
  public var bodyByteCount: UInt32
  public var argument: UInt8
  public var sequence: UInt32
  /// Of a request: the handle. Of a reply: the auxiliary value.
  public var handleOrAuxiliary: UInt32

  @inlinable
  public init(
    opcode: UInt8, flags: UInt8 = 0, orderOrStatus: UInt8 = 0, type: UInt8 = 0,
    bodyByteCount: UInt32 = 0, argument: UInt8 = 0, sequence: UInt32,
    handleOrAuxiliary: UInt32 = 0
  ) {
    self.opcode = opcode
    self.flags = flags
    self.orderOrStatus = orderOrStatus
    self.type = type
    self.bodyByteCount = bodyByteCount & 0xFF_FFFF
    self.argument = argument
    self.sequence = sequence
    self.handleOrAuxiliary = handleOrAuxiliary
  }

  /// The header in two little-endian words, bytes 0–7 and 8–15.
  @inlinable
  public init(_ first: UInt64, _ second: UInt64) {
    opcode = UInt8(truncatingIfNeeded: first)
    flags = UInt8(truncatingIfNeeded: first >> 8)
    orderOrStatus = UInt8(truncatingIfNeeded: first >> 16)
    type = UInt8(truncatingIfNeeded: first >> 24)
    bodyByteCount = UInt32(truncatingIfNeeded: first >> 32) & 0xFF_FFFF
    argument = UInt8(truncatingIfNeeded: first >> 56)
    sequence = UInt32(truncatingIfNeeded: second)
    handleOrAuxiliary = UInt32(truncatingIfNeeded: second >> 32)
  }

  /// Bytes 0–7 as a little-endian word.
  @inlinable public var first: UInt64 {
    UInt64(opcode) | UInt64(flags) << 8 | UInt64(orderOrStatus) << 16 | UInt64(type) << 24
      | UInt64(bodyByteCount) << 32 | UInt64(argument) << 56
  }

  /// Bytes 8–15 as a little-endian word.
  @inlinable public var second: UInt64 { UInt64(sequence) | UInt64(handleOrAuxiliary) << 32 }
}

/// The request flags. Every other bit is reserved and refused.
public enum FrameFlag {
  /// No reply where the status is OK.
  public static let quiet: UInt8 = 1 << 0
  /// The body begins with a name (``NameBlock``).
  public static let name: UInt8 = 1 << 1
  /// Two more slots follow the operands: the least and the greatest value that arithmetic with an
  /// overflow policy may leave.
  public static let bounds: UInt8 = 1 << 6
}

/// The reply flags.
public enum ReplyFlag {
  /// Another frame of the same answer follows.
  public static let more: UInt8 = 1 << 1
  /// The request made the register.
  public static let created: UInt8 = 1 << 4
}
