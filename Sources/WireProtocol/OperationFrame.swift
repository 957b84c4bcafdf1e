// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A frame of at most eight words, or the beginning of one, built without allocation: an operation,
/// its reply, a push.
public struct FrameWords: Sendable {
  // 16 bytes of header and three slots of 16: an operand and two bounds.
  public var words: InlineArray<8, UInt64>
  public var count: Int

  @inlinable
  public init(_ header: FrameHeader) {
    words = [header.first, header.second, 0, 0, 0, 0, 0, 0]
    count = 2
  }

  /// Appends the slot of a value: 8 bytes for widths to 8, sign-extended where signed; else 16.
  @inlinable
  public mutating func append(_ bits: UInt128, as type: RegisterType) {
    words[count] = OperationFrame.slotWord(bits, type)
    count += 1
    if type.width == .sixteen {
      words[count] = UInt64(truncatingIfNeeded: bits >> 64)
      count += 1
    }
  }

  /// Appends 8 bytes of a body.
  mutating func append(word: UInt64) {
    words[count] = word
    count += 1
  }

  /// The frame's bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes.append(littleEndian: words[index]) }
    return bytes
  }
}

/// The atomic operations as frames. One file encodes and decodes both ways, so that client and
/// server cannot disagree.
public enum OperationFrame {
  /// Bytes of one operand.
  @inlinable
  public static func slotByteCount(_ type: RegisterType) -> Int {
    type.width == .sixteen ? 16 : 8
  }

  /// The (low) word of a value's slot.
  @inlinable
  static func slotWord(_ bits: UInt128, _ type: RegisterType) -> UInt64 {
    type.kind == .signed && type.width != .sixteen
      ? UInt64(truncatingIfNeeded: type.signed(bits))
      : UInt64(truncatingIfNeeded: bits)
  }

  @inlinable
  static func operandCount(_ operation: AtomicOperation) -> Int {
    switch operation.operands {
    case .none, .index: 0
    case .operand: 1
    case .expectedAndDesired, .operandAndUnless: 2
    }
  }

  /// The order bits of a request.
  @inlinable
  static func orderBits(_ request: AtomicRequest, returns: ReturnMode) -> UInt8 {
    let failure = request.operation.takesFailureOrder ? request.failureOrder.rawValue << 3 : 0
    return request.order.rawValue | failure | returns.rawValue << 6
  }

  /// The frame of `request` on the register behind `handle`.
  ///
  /// - Parameter type: The register's type, which shapes the operand slots.
  @inlinable
  public static func encode(
    _ request: AtomicRequest, type: RegisterType, returns: ReturnMode, handle: UInt32,
    sequence: UInt32
  ) -> FrameWords {
    let operands = operandCount(request.operation)
    var frame = FrameWords(
      FrameHeader(
        opcode: request.operation.rawValue, orderOrStatus: orderBits(request, returns: returns),
        type: type.code, bodyByteCount: UInt32(operands * slotByteCount(type)),
        argument: request.index, sequence: sequence, handleOrAuxiliary: handle))
    if request.operation.isCompareExchange { frame.append(request.expected, as: type) }
    if operands > 0 { frame.append(request.operand, as: type) }
    if request.operation == .addUnless { frame.append(request.expected, as: type) }
    if request.hasModifier { encodeModifier(of: request, type, into: &frame) }
    return frame
  }

  /// The frame of `request` on the register called `name`.
  ///
  /// - Parameter policy: `createOrConfirm` makes a missing register of `type`, at zero.
  public static func encode(
    _ request: AtomicRequest, type: RegisterType, returns: ReturnMode, name: String,
    policy: NamePolicy = .mustExist, sequence: UInt32
  ) -> [UInt8] {
    let frame = encode(
      request, type: type, returns: returns, handle: FrameHeader.byName, sequence: sequence)
    var header = FrameHeader(frame.words[0], frame.words[1])
    header.flags |= FrameFlag.name
    return [UInt8](
      frame: header, body: NameBlock.bytes(name, policy: policy) + frame.bytes.dropFirst(16))
  }

  /// The request that a frame asks of a register of `type`.
  ///
  /// - Parameters:
  ///   - header: The frame's header; the caller has dealt with its flags and handle.
  ///   - operands: The body after any name block.
  /// - Throws: ``WireFailure`` with the status of the first thing that is wrong.
  @inlinable
  public static func decode(
    _ operation: AtomicOperation, header: FrameHeader, operands: Span<UInt8>, type: RegisterType
  ) throws(WireFailure) -> (request: AtomicRequest, returns: ReturnMode) {
    let typeCode = header.type & FrameHeader.typeMask
    if typeCode != type.code && typeCode != FrameHeader.typeAsRegistered {
      try checkType(typeCode, against: type)
    }
    let bits = header.orderOrStatus
    guard let order = MemoryOrder(rawValue: bits & 7) else { throw unknownOrder(bits & 7) }
    var failureOrder: MemoryOrder?
    let failure = bits >> 3 & 7
    if operation.takesFailureOrder {
      if failure != 7 {
        guard let known = MemoryOrder(rawValue: failure) else { throw unknownOrder(failure) }
        failureOrder = known
      }
    } else if failure != 0 {
      throw WireFailure(
        .badOrder,
        "only cmpxchg and conditional operations take a failure order; its bits are 0 elsewhere")
    }
    guard let returns = ReturnMode(rawValue: bits >> 6),
      returns == .nothing || operation != .store && !operation.isBitOperation
    else { throw badReturn(operation) }
    guard header.hasNoModifier || operation.isBitOperation && header.hasOnlyArgument else {
      let request = try decodeModified(
        operation, header: header, operands: operands, type: type, order, failureOrder)
      return (request, returns)
    }
    let slot = slotByteCount(type)
    guard operands.count == operandCount(operation) * slot else {
      throw badBody(operation, type, operands.count, slots: operandCount(operation))
    }
    let first = operands.count > 0 ? try value(operands, at: 0, type) : 0
    let second = operands.count > slot ? try value(operands, at: slot, type) : 0
    // The expected value comes before the desired one, `unless` after the operand.
    let swaps = operation.isCompareExchange
    do throws(OperationError) {
      let request = try AtomicRequest(
        operation, on: type, order: order, failureOrder: failureOrder,
        operand: swaps ? second : first, expected: swaps ? first : second, index: header.argument)
      return (request, returns)
    } catch {
      throw WireFailure(error)
    }
  }

  @inlinable
  static func value(_ body: Span<UInt8>, at offset: Int, _ type: RegisterType)
    throws(WireFailure) -> UInt128
  {
    let word = body.littleEndian64(at: offset)
    if type.width == .sixteen {
      return UInt128(word) | UInt128(body.littleEndian64(at: offset + 8)) << 64
    }
    let bits = UInt128(word) & type.width.mask
    guard slotWord(bits, type) == word else {
      throw WireFailure(OperationError.valueOutOfRange(type))
    }
    return bits
  }

  /// The reply to a request that ran.
  @inlinable
  public static func reply(
    to header: FrameHeader, _ request: AtomicRequest, _ outcome: AtomicOutcome,
    returns: ReturnMode, type: RegisterType
  ) -> FrameWords {
    var reply = FrameHeader(
      opcode: header.opcode,
      orderOrStatus: outcome.succeeded ? Status.ok.rawValue : request.declinedStatus.rawValue,
      type: type.code, sequence: header.sequence)
    if request.operation.isBitOperation {
      reply.argument = UInt8(truncatingIfNeeded: outcome.old)
      return FrameWords(reply)
    }
    // Who was declined is always told the value found: it is what the next attempt starts from.
    guard returns != .nothing || !outcome.succeeded else { return FrameWords(reply) }
    reply.bodyByteCount = UInt32(slotByteCount(type))
    var frame = FrameWords(reply)
    frame.append(returns == .new ? outcome.new : outcome.old, as: type)
    return frame
  }

  /// The value that a reply carries, or nil where it carries none.
  ///
  /// - Throws: ``WireFailure`` `BAD_FRAME` where the body is no value of `type`.
  public static func value(ofReply header: FrameHeader, body: Span<UInt8>, type: RegisterType)
    throws(WireFailure) -> UInt128?
  {
    if let operation = AtomicOperation(rawValue: header.opcode), operation.isBitOperation {
      return UInt128(header.argument & 1)
    }
    if body.count == 0 { return nil }
    guard body.count == slotByteCount(type), header.type == type.code else {
      throw WireFailure(.badFrame, "the reply is no value of type \(type.name)", applied: .unknown)
    }
    return try value(body, at: 0, type)
  }
}
