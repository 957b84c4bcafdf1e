// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Adjacent frames that ask the same of registers of one type, mostly of different ones: their
/// first words are equal, and what those say is checked once. They run one after another.
///
///     word 0    opcode, order, returns, type, length   the same in all of them
///     word 1    sequence number, handle                each frame's own
///     words     operands                               each frame's own
///
/// Only frames without modifiers and with no flag but NAME, on types of at most 8 bytes. Those that
/// name their register stand in between with a name block, of any length (``NamedFrame``).
public struct OperationSeries: Sendable {
  public let type: RegisterType
  public let operation: AtomicOperation
  /// Bytes of each frame, of those without a name.
  @inlinable public var byteCount: Int { FrameHeader.byteCount &+ 8 &* operandCount }
  /// Whether frames on the same register can run as one instead (``OperationRun``).
  public let canJoin: Bool
  public let step: Step
  /// The order of an addition or a load.
  @inlinable public var order: MemoryOrder { request.order }
  /// The first word, of frames with names the length excepted.
  public let word: UInt64
  @usableFromInline let operandCount: Int
  /// What an addition without operand adds.
  @usableFromInline let constant: UInt64
  @usableFromInline let request: AtomicRequest
  @usableFromInline let returns: ReturnMode
  @usableFromInline let slot: OperationRun.SlotWord
  /// The first word of the reply to an operation that was applied.
  @usableFromInline let replyWord: UInt64

  /// The most bytes of a reply.
  public static let replyByteCount = FrameHeader.byteCount + 8

  /// What the operations are, as far as it matters to how they are run.
  public enum Step: Sendable {
    /// Adding, subtracting and their kin on integers.
    case addition
    case load
    case other
  }

  /// What the frame at `offset` asks, which must be there as a whole; nil where it is to run alone,
  /// be it right or wrong.
  @inlinable
  public init?(_ input: Span<UInt8>, at offset: Int, on type: RegisterType) {
    let (first, second) = input.littleEndianPair(at: offset)
    let header = FrameHeader(first, second)
    let start = offset &+ FrameHeader.byteCount
    let end = start &+ Int(header.bodyByteCount)
    guard header.flags == 0, end <= input.count else { return nil }
    self.init(header, operands: input.extracting(start..<end), on: type)
  }

  /// What frames ask with the header and the operands of this one; nil where it is to run alone.
  @inlinable
  public init?(_ header: FrameHeader, operands: Span<UInt8>, on type: RegisterType) {
    guard header.flags & ~FrameFlag.name == 0, type.width != .sixteen,
      let operation = AtomicOperation(rawValue: header.opcode),
      header.hasNoModifier || operation.isBitOperation && header.hasOnlyArgument,
      let decoded = try? OperationFrame.decode(
        operation, header: header, operands: operands, type: type)
    else { return nil }
    self.type = type
    self.operation = operation
    word = header.first
    operandCount = OperationFrame.operandCount(operation)
    request = decoded.request
    returns = decoded.returns
    slot = OperationRun.SlotWord(type)
    let family = OperationRun.Family(header.opcode)
    canJoin = family.exists(on: type.kind)
    step = operation == .load ? .load : canJoin && family == .add ? .addition : .other
    constant = operation == .increment ? 1 : operation == .decrement ? .max : 0
    replyWord =
      FrameHeader(
        opcode: header.opcode, orderOrStatus: Status.ok.rawValue, type: type.code,
        bodyByteCount: decoded.returns == .nothing || operation.isBitOperation ? 0 : 8, sequence: 0
      ).first
  }

  /// A series that frames may be of: loads of a u64, with the strongest order. Who keeps the last
  /// one begins with it, and need not ask whether there is one.
  public static let ofLoads: OperationSeries = {
    let header = FrameHeader(
      opcode: AtomicOperation.load.rawValue,
      orderOrStatus: MemoryOrder.sequentiallyConsistent.rawValue, type: RegisterType.u64.code,
      bodyByteCount: 0, sequence: 0)
    guard let series = OperationSeries(header, operands: Span(), on: .u64) else {
      preconditionFailure("a load needs nothing else")
    }
    return series
  }()

  /// Whether the frame with this first word is one of the series, as far as the word tells.
  @inlinable @inline(__always)
  public func contains(_ word: UInt64) -> Bool { word == self.word }

  /// The bits of a first word that tell the body's length.
  @usableFromInline static var lengthMask: UInt64 { 0xFF_FFFF << 32 }

  /// Whether two first words are equal but for the length of the body.
  @inlinable @inline(__always)
  public static func isAlike(_ word: UInt64, _ other: UInt64) -> Bool {
    (word ^ other) & ~lengthMask == 0
  }

  /// What the frame asks whose operands begin at `start`; nil where a value is none of the type's.
  @inlinable @inline(__always)
  public func request(_ input: Span<UInt8>, operandsAt start: Int) -> AtomicRequest? {
    if operandCount == 0 { return request }
    let first = input.littleEndian64(at: start)
    guard slot.word(first) == first else { return nil }
    if operandCount == 1 { return request.with(operand: bits(first)) }
    let second = input.littleEndian64(at: start &+ 8)
    guard slot.word(second) == second else { return nil }
    return operation.isCompareExchange
      ? request.with(operand: bits(second), expected: bits(first))
      : request.with(operand: bits(first), expected: bits(second))
  }

  /// What the addition adds whose operand is at `start`; nil where it is none of the type's values.
  ///
  /// - Parameter type: ``type``, from who may know more of it.
  @inlinable @inline(__always)
  public func addend(
    _ input: Span<UInt8>, operandsAt start: Int, as type: RegisterType
  ) -> UInt64? {
    if operandCount == 0 { return constant }
    let word = input.littleEndian64(at: start)
    guard OperationRun.SlotWord(type).word(word) == word else { return nil }
    return operation == .sub ? 0 &- word : word
  }

  @inlinable @inline(__always)
  func bits(_ word: UInt64) -> UInt128 { UInt128(word) & type.width.mask }

  /// The reply to an addition or, of nothing, a load.
  ///
  /// - Parameters:
  ///   - sequence: The frame's sequence number.
  ///   - type: ``type``, from who may know more of it.
  @inlinable @inline(__always)
  public func reply(
    to sequence: UInt32, found old: UInt64, adding addend: UInt64, as type: RegisterType
  ) -> ReplyWords {
    let sequence = UInt64(sequence)
    if returns == .nothing { return ReplyWords(replyWord, sequence) }
    let told = returns == .old ? old : old &+ addend
    return ReplyWords(replyWord, sequence, OperationRun.SlotWord(type).word(told))
  }

  /// The reply to the frame whose second word is `second`.
  @inlinable @inline(__always)
  public func reply(to second: UInt64, _ outcome: AtomicOutcome) -> ReplyWords {
    let sequence = second & 0xFFFF_FFFF
    if operation.isBitOperation {
      return ReplyWords(replyWord | UInt64(truncatingIfNeeded: outcome.old) << 56, sequence)
    }
    guard outcome.succeeded else { return declined(sequence, outcome) }
    if returns == .nothing { return ReplyWords(replyWord, sequence) }
    let told = returns == .old ? outcome.old : outcome.new
    return ReplyWords(replyWord, sequence, slot.word(UInt64(truncatingIfNeeded: told)))
  }

  /// Who was declined is told the value found.
  @inlinable @inline(never)
  func declined(_ sequence: UInt64, _ outcome: AtomicOutcome) -> ReplyWords {
    let header = FrameHeader(
      opcode: operation.rawValue, orderOrStatus: request.declinedStatus.rawValue, type: type.code,
      bodyByteCount: 8, sequence: 0)
    return ReplyWords(header.first, sequence, slot.word(UInt64(truncatingIfNeeded: outcome.old)))
  }
}
