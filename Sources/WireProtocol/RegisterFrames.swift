// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// CREATE: what a new register is.
///
///     offset  size  body after the name block
///          0    16  initial value
///         16    16  restore gap
///         32     8  owner tag
///         40     2  label length in bytes
///         42     6  0
///         48     …  label, zero bytes to a multiple of 8
public struct CreateFrame: Equatable, Sendable {
  public var name: String
  public var type: RegisterType
  public var isExclusive: Bool
  public var initial: UInt128
  public var restoreGap: UInt128
  public var ownerTag: UInt64
  public var label: String

  public init(
    name: String, type: RegisterType, isExclusive: Bool = false, initial: UInt128 = 0,
    restoreGap: UInt128 = 0, ownerTag: UInt64 = 0, label: String = ""
  ) {
    self.name = name
    self.type = type
    self.isExclusive = isExclusive
    self.initial = initial
    self.restoreGap = restoreGap
    self.ownerTag = ownerTag
    self.label = label
  }

  public func frame(sequence: UInt32) -> [UInt8] {
    let utf8 = Array(label.utf8.prefix(Int(UInt16.max)))
    var body = NameBlock.bytes(name, policy: isExclusive ? .createExclusively : .createOrConfirm)
    body.append(littleEndian: initial)
    body.append(littleEndian: restoreGap)
    body.append(littleEndian: ownerTag)
    body.append(littleEndian: UInt64(utf8.count))
    body.append(padded: utf8)
    return [UInt8](
      frame: FrameHeader(
        opcode: Opcode.create.rawValue, flags: FrameFlag.name, type: type.code,
        sequence: sequence, handleOrAuxiliary: FrameHeader.byName), body: body)
  }

  /// Reads the frame with `header` and `body`, whose name block is `block`.
  public init(header: FrameHeader, body: Span<UInt8>, block: NameBlock) throws(WireFailure) {
    guard block.policy != .mustExist else {
      throw WireFailure(.badOperand, "CREATE's policy is 1 (create or confirm) or 2 (exclusively)")
    }
    guard let type = RegisterType(code: header.type) else {
      throw WireFailure(.badOperand, "type byte \(header.type) names no register type")
    }
    let start = block.byteCount
    guard body.count >= start + 48 else {
      throw WireFailure(.badFrame, "CREATE's body ends before its label")
    }
    let labelWord = body.littleEndian64(at: start + 40)
    guard labelWord <= 0xFFFF else {
      throw WireFailure(.badOperand, "CREATE has a reserved byte set")
    }
    let labelCount = Int(labelWord)
    guard body.count == start + 48 + labelCount.padded else {
      throw WireFailure(.badFrame, "CREATE's label does not end with its body")
    }
    try body.requireZeros(in: (start + 48 + labelCount)..<body.count, after: "label")
    let label = body.copy(from: start + 48, count: labelCount)
    guard let text = String(validating: label, as: UTF8.self) else {
      throw WireFailure(.badOperand, "the label is not UTF-8")
    }
    initial = body.littleEndian128(at: start)
    restoreGap = body.littleEndian128(at: start + 16)
    guard initial | restoreGap <= type.width.mask else {
      throw WireFailure(OperationError.valueOutOfRange(type))
    }
    name = block.name(in: body)
    self.type = type
    isExclusive = block.policy == .createExclusively
    ownerTag = body.littleEndian64(at: start + 32)
    self.label = text
  }
}

/// What STAT answers about a register.
///
///     offset  size  body
///          0    16  value
///         16     8  created, in nanoseconds since 1970
///         24     8  generation
///         32     8  owner tag
///         40     4  owner's user id
///         44     4  slot
///         48     2  name length
///         50     2  label length
///         52     4  bit 0: pinned, its slot is never used for another register
///         56    16  restore gap
///         72     …  name, then label, each with zero bytes to a multiple of 8
public struct StatReply: Equatable, Sendable {
  public var type: RegisterType
  public var name: String
  public var value: UInt128
  public var createdUnixNanoseconds: UInt64
  public var generation: UInt64
  public var ownerTag: UInt64
  public var ownerUser: UInt32
  public var slot: UInt32
  public var restoreGap: UInt128
  public var isPinned: Bool
  public var label: String

  public init(
    type: RegisterType, name: String, value: UInt128, createdUnixNanoseconds: UInt64,
    generation: UInt64, ownerTag: UInt64, ownerUser: UInt32, slot: UInt32,
    restoreGap: UInt128 = 0, isPinned: Bool = false, label: String
  ) {
    self.type = type
    self.name = name
    self.value = value
    self.createdUnixNanoseconds = createdUnixNanoseconds
    self.generation = generation
    self.ownerTag = ownerTag
    self.ownerUser = ownerUser
    self.slot = slot
    self.restoreGap = restoreGap
    self.isPinned = isPinned
    self.label = label
  }

  public func frame(answering header: FrameHeader) -> [UInt8] {
    let (nameBytes, labelBytes) = (Array(name.utf8), Array(label.utf8))
    var body: [UInt8] = []
    body.append(littleEndian: value)
    body.append(littleEndian: createdUnixNanoseconds)
    body.append(littleEndian: generation)
    body.append(littleEndian: ownerTag)
    body.append(littleEndian: ownerUser)
    body.append(littleEndian: slot)
    body.append(littleEndian: UInt16(nameBytes.count))
    body.append(littleEndian: UInt16(labelBytes.count))
    body.append(littleEndian: UInt32(isPinned ? 1 : 0))
    body.append(littleEndian: restoreGap)
    body.append(padded: nameBytes)
    body.append(padded: labelBytes)
    return [UInt8](
      frame: FrameHeader(opcode: header.opcode, type: type.code, sequence: header.sequence),
      body: body)
  }

  public init(header: FrameHeader, body: Span<UInt8>) throws(WireFailure) {
    guard let type = RegisterType(code: header.type), body.count >= 72 else {
      throw WireFailure(.badFrame, "STAT's answer is malformed")
    }
    let nameCount = Int(body.littleEndian16(at: 48))
    let labelCount = Int(body.littleEndian16(at: 50))
    guard body.count == 72 + nameCount.padded + labelCount.padded else {
      throw WireFailure(.badFrame, "STAT's answer is malformed")
    }
    self.init(
      type: type, name: body.text(from: 72, count: nameCount), value: body.littleEndian128(at: 0),
      createdUnixNanoseconds: body.littleEndian64(at: 16), generation: body.littleEndian64(at: 24),
      ownerTag: body.littleEndian64(at: 32), ownerUser: body.littleEndian32(at: 40),
      slot: body.littleEndian32(at: 44), restoreGap: body.littleEndian128(at: 56),
      isPinned: body.littleEndian32(at: 52) & 1 != 0,
      label: body.text(from: 72 + nameCount.padded, count: labelCount))
  }
}
