// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// DELETE_OWNED: a part of the slots is gone through, and the caller's registers with this tag
/// there are deleted. Asked again from the cursor of each answer until that is 0.
///
///     offset  size  body
///          0     8  owner tag; 0 is that of registers without one, and refused
///          8     8  cursor; 0 = from the start
public struct DeleteOwnedFrame: Equatable, Sendable {
  public var ownerTag: UInt64
  public var cursor: UInt64

  public init(ownerTag: UInt64, cursor: UInt64 = 0) {
    self.ownerTag = ownerTag
    self.cursor = cursor
  }

  public func frame(sequence: UInt32) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(opcode: Opcode.deleteOwned.rawValue, sequence: sequence),
      body: ownerTag.littleEndianBytes + cursor.littleEndianBytes)
  }

  public init(body: Span<UInt8>) throws(WireFailure) {
    guard body.count == 16 else {
      throw WireFailure(.badFrame, "DELETE_OWNED's body is 16 bytes")
    }
    ownerTag = body.littleEndian64(at: 0)
    guard ownerTag != 0 else {
      throw WireFailure(.badOperand, "DELETE_OWNED takes a tag that is not 0")
    }
    cursor = body.littleEndian64(at: 8)
  }
}

/// What one DELETE_OWNED did.
///
///     offset  size  body
///          0     8  next cursor; 0 = the end
///          8     8  registers that this request deleted
public struct DeleteOwnedReply: Equatable, Sendable {
  public var next: UInt64
  public var deleted: UInt64

  public init(next: UInt64, deleted: UInt64) {
    self.next = next
    self.deleted = deleted
  }

  public func frame(answering header: FrameHeader) -> [UInt8] {
    ControlFrame.done(
      answering: header, body: next.littleEndianBytes + deleted.littleEndianBytes)
  }

  public init(body: Span<UInt8>) throws(WireFailure) {
    guard body.count == 16 else {
      throw WireFailure(.badFrame, "DELETE_OWNED's answer is malformed", applied: .unknown)
    }
    next = body.littleEndian64(at: 0)
    deleted = body.littleEndian64(at: 8)
  }
}
