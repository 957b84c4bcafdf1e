// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// WAIT_UNTIL and WAIT_THEN: an answer when the register's value is like this.
///
///     offset  size   body after the name block, if there is one
///          0  8, 16  operand, a slot of the register's type
///          …     4   timeout in milliseconds; 0 looks once, FFFFFFFF has no limit
///          …     4   0
///          …     …   WAIT_THEN: an operation, a whole frame with handle and sequence 0
///
/// The header's argument is the predicate. The order byte is a load order, of WAIT_THEN 0.
public struct WaitFrame: Equatable, Sendable {
  /// The timeout that never passes.
  public static let withoutLimit: UInt32 = 0xFFFF_FFFF

  public var predicate: ValuePredicate
  /// Bits of the register's type; 0 for `changed`.
  public var operand: UInt128
  public var timeoutMilliseconds: UInt32
  /// The order of WAIT_UNTIL's looks.
  public var order: MemoryOrder
  /// What WAIT_THEN runs, and what of it the answer tells.
  public var then: AtomicRequest?
  public var returns: ReturnMode

  public init(
    _ predicate: ValuePredicate, _ operand: UInt128 = 0, timeoutMilliseconds: UInt32,
    order: MemoryOrder = .sequentiallyConsistent
  ) {
    self.predicate = predicate
    self.operand = operand
    self.timeoutMilliseconds = timeoutMilliseconds
    self.order = order
    then = nil
    returns = .nothing
  }

  public init(
    _ predicate: ValuePredicate, _ operand: UInt128 = 0, timeoutMilliseconds: UInt32,
    then: AtomicRequest, returns: ReturnMode
  ) {
    self.init(predicate, operand, timeoutMilliseconds: timeoutMilliseconds, order: .relaxed)
    self.then = then
    self.returns = returns
  }

  // MARK: - Requests

  /// The frame for the register behind `handle`, which is of `type`.
  public func frame(type: RegisterType, handle: UInt32, sequence: UInt32) -> [UInt8] {
    [UInt8](frame: header(type, sequence, handle), body: body(type))
  }

  /// The frame for the register called `name`, which is of `type`.
  public func frame(type: RegisterType, name: String, sequence: UInt32) -> [UInt8] {
    var header = header(type, sequence, FrameHeader.byName)
    header.flags = FrameFlag.name
    return [UInt8](frame: header, body: NameBlock.bytes(name) + body(type))
  }

  private func header(_ type: RegisterType, _ sequence: UInt32, _ handle: UInt32) -> FrameHeader {
    FrameHeader(
      opcode: (then == nil ? Opcode.waitUntil : .waitThen).rawValue,
      orderOrStatus: then == nil ? order.rawValue : 0, type: type.code,
      argument: predicate.rawValue, sequence: sequence, handleOrAuxiliary: handle)
  }

  private func body(_ type: RegisterType) -> [UInt8] {
    var words = FrameWords(FrameHeader(0, 0))
    words.append(operand, as: type)
    var body = Array(words.bytes.dropFirst(FrameHeader.byteCount))
    body.append(littleEndian: timeoutMilliseconds)
    body.append(littleEndian: UInt32(0))
    if let then {
      body +=
        OperationFrame.encode(then, type: type, returns: returns, handle: 0, sequence: 0)
        .bytes
    }
    return body
  }

  /// Reads a frame; the caller has dealt with its flags, its handle and its name.
  ///
  /// - Parameters:
  ///   - body: What follows the name block.
  ///   - type: The register's.
  /// - Throws: ``WireFailure`` with the first thing that is wrong.
  public init(header: FrameHeader, body: Span<UInt8>, type: RegisterType) throws(WireFailure) {
    guard header.type >> 6 == 0 else {
      throw WireFailure(.badOperand, "a wait has no overflow policy: those bits are 0")
    }
    try OperationFrame.checkType(header.type, against: type)
    guard let predicate = ValuePredicate(rawValue: header.argument) else {
      throw WireFailure(
        .badOperand,
        "predicate \(header.argument) is none of 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge, 6 any, "
          + "7 all, 8 changed")
    }
    guard predicate.exists(on: type.kind) else {
      throw WireFailure(
        .unsupported, "the predicate \(predicate.name) does not exist on \(type.name) registers")
    }
    let slot = OperationFrame.slotByteCount(type)
    let isThen = header.opcode == Opcode.waitThen.rawValue
    let least = slot + 8 + (isThen ? FrameHeader.byteCount : 0)
    guard isThen ? body.count >= least : body.count == least else {
      throw WireFailure(
        .badOperand,
        "a wait for \(type.name) has \(slot) bytes of operand and 8 of timeout, and WAIT_THEN an "
          + "operation's frame behind them")
    }
    let operand = try OperationFrame.value(body, at: 0, type)
    guard predicate != .changed || operand == 0 else {
      throw WireFailure(.badOperand, "the predicate changed has the operand 0")
    }
    guard body.littleEndian32(at: slot + 4) == 0 else {
      throw WireFailure(.badOperand, "the bytes after the timeout are zero")
    }
    let timeout = body.littleEndian32(at: slot)
    if isThen {
      guard header.orderOrStatus == 0 else {
        throw WireFailure(.badOperand, "the order byte of WAIT_THEN is 0: its operation has one")
      }
      let (then, returns) = try Self.operation(
        body.extracting((slot + 8)..<body.count), type)
      self.init(predicate, operand, timeoutMilliseconds: timeout, then: then, returns: returns)
    } else {
      guard let order = MemoryOrder(rawValue: header.orderOrStatus), order.isValidForLoad else {
        throw WireFailure(
          .badOrder, "the order of WAIT_UNTIL is 0 relaxed, 2 acquire or 5 seq_cst")
      }
      self.init(predicate, operand, timeoutMilliseconds: timeout, order: order)
    }
  }

  /// The operation of a WAIT_THEN, from its frame.
  private static func operation(_ frame: Span<UInt8>, _ type: RegisterType)
    throws(WireFailure) -> (AtomicRequest, ReturnMode)
  {
    let header = FrameHeader(frame.littleEndian64(at: 0), frame.littleEndian64(at: 8))
    guard let operation = AtomicOperation(rawValue: header.opcode) else {
      throw WireFailure(
        .unsupported, "WAIT_THEN runs an operation, and opcode \(header.opcode) is none")
    }
    guard header.handleOrAuxiliary == 0, header.sequence == 0,
      header.flags & ~FrameFlag.bounds == 0
    else {
      throw WireFailure(
        .badOperand, "the operation of WAIT_THEN has handle and sequence 0, and BOUNDS at most")
    }
    guard Int(header.bodyByteCount) == frame.count - FrameHeader.byteCount else {
      throw WireFailure(.badOperand, "the operation of WAIT_THEN ends with the frame")
    }
    return try OperationFrame.decode(
      operation, header: header,
      operands: frame.extracting(FrameHeader.byteCount..<frame.count), type: type)
  }

  // MARK: - Answers

  /// The answer with a value: OK of WAIT_UNTIL, TIMEOUT of both.
  public static func answer(
    to header: FrameHeader, _ status: Status, value: UInt128, type: RegisterType
  ) -> [UInt8] {
    var words = FrameWords(
      FrameHeader(
        opcode: header.opcode, orderOrStatus: status.rawValue, type: type.code,
        bodyByteCount: UInt32(OperationFrame.slotByteCount(type)), sequence: header.sequence))
    words.append(value, as: type)
    return words.bytes
  }

  /// The value or the bit in an answer; nil where there is none.
  ///
  /// - Parameter operation: What the WAIT_THEN ran; nil: it was a WAIT_UNTIL.
  public static func value(
    ofAnswer header: FrameHeader, body: Span<UInt8>, type: RegisterType,
    operation: AtomicOperation? = nil
  ) throws(WireFailure) -> UInt128? {
    var header = header
    let isOperation = header.orderOrStatus != Status.timeout.rawValue
    if let operation, isOperation { header.opcode = operation.rawValue }
    return try OperationFrame.value(ofReply: header, body: body, type: type)
  }
}

/// CANCEL: ends a wait, which answers CANCELLED before this is answered.
///
///     offset  size  body
///          0     4  sequence number of the wait
///          4     4  0
public struct CancelFrame: Equatable, Sendable {
  public var wait: UInt32

  public init(wait: UInt32) { self.wait = wait }

  public func frame(sequence: UInt32) -> [UInt8] {
    [UInt8](
      frame: FrameHeader(opcode: Opcode.cancel.rawValue, sequence: sequence),
      body: UInt64(wait).littleEndianBytes)
  }

  public init(body: Span<UInt8>) throws(WireFailure) {
    guard body.count == 8, body.littleEndian32(at: 4) == 0 else {
      throw WireFailure(.badOperand, "CANCEL's body is 4 bytes of sequence number and 4 of zero")
    }
    wait = body.littleEndian32(at: 0)
  }
}
