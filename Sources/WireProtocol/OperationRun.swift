// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Adjacent frames of one family on one register, as one operation: additions of a sum, or the
/// union of all masks. Nobody else comes between them then, which nobody can tell from their coming
/// too late; what each would have found follows from what the one found.
///
///     family   operations           runs as
///     add      add, sub, inc, dec   add of the sum, without carry beyond the width
///     or       or                   or of all operands
///     and      and                  and of all operands
///     xor      xor                  xor of all operands
///
/// The one operation has the least order that is as strong as each frame's.
public struct OperationRun {
  public let request: AtomicRequest
  /// How many frames.
  public let count: Int
  /// Where they begin and end in the input.
  public let start: Int
  public let end: Int
  @usableFromInline let family: Family
  @usableFromInline let type: RegisterType

  @usableFromInline
  enum Family: UInt8 {
    case none, or, xor, and, add

    @inlinable @inline(__always)
    init(_ opcode: UInt8) {
      switch opcode {
      case AtomicOperation.or.rawValue: self = .or
      case AtomicOperation.xor.rawValue: self = .xor
      case AtomicOperation.and.rawValue: self = .and
      case AtomicOperation.add.rawValue...AtomicOperation.decrement.rawValue: self = .add
      default: self = .none
      }
    }

    @inlinable var operation: AtomicOperation {
      switch self {
      case .or: .or
      case .xor: .xor
      case .and: .and
      case .none, .add: .add
      }
    }

    @inlinable func exists(on kind: AtomicKind) -> Bool {
      self == .add ? kind.isInteger : self != .none && kind != .float
    }

    /// What leaves every value alone.
    @inlinable var identity: UInt128 { self == .and ? .max : 0 }

    /// One operation after another: on a value, or on what was put together so far.
    @inlinable @inline(__always)
    func combine(_ value: UInt128, _ operand: UInt128) -> UInt128 {
      switch self {
      case .none, .add: value &+ operand
      case .or: value | operand
      case .xor: value ^ operand
      case .and: value & operand
      }
    }
  }

  /// What a frame's first word says, once it was found to be one of the run.
  @usableFromInline
  struct Shape {
    @usableFromInline let word: UInt64
    @usableFromInline let opcode: UInt8
    @usableFromInline let order: MemoryOrder
    @usableFromInline let returns: ReturnMode
    @usableFromInline let isQuiet: Bool
    @usableFromInline let bodyByteCount: Int

    /// Nil for a frame that has to run alone, be it right or wrong.
    @inlinable
    init?(_ word: UInt64, of family: Family, on type: RegisterType) {
      let header = FrameHeader(word, 0)
      let typeFits = header.type == type.code || header.type == FrameHeader.typeAsRegistered
      guard Family(header.opcode) == family, header.flags & ~FrameFlag.quiet == 0, typeFits,
        header.argument == 0, header.orderOrStatus >> 3 & 7 == 0,
        let order = MemoryOrder(rawValue: header.orderOrStatus & 7),
        let returns = ReturnMode(rawValue: header.orderOrStatus >> 6)
      else { return nil }
      let isQuiet = header.flags != 0
      let hasOperand =
        header.opcode != AtomicOperation.increment.rawValue
        && header.opcode != AtomicOperation.decrement.rawValue
      bodyByteCount = hasOperand ? OperationFrame.slotByteCount(type) : 0
      guard Int(header.bodyByteCount) == bodyByteCount, !isQuiet || returns == .nothing else {
        return nil
      }
      self.word = word
      self.order = order
      self.returns = returns
      self.isQuiet = isQuiet
      opcode = header.opcode
    }

    @inlinable var byteCount: Int { FrameHeader.byteCount &+ bodyByteCount }

    @inlinable func replyByteCount(_ type: RegisterType) -> Int {
      if isQuiet { return 0 }
      return FrameHeader.byteCount
        &+ (returns == .nothing ? 0 : OperationFrame.slotByteCount(type))
    }

    /// What the frame at `offset` combines with the value; nil: it is none of the type's values.
    @inlinable @inline(__always)
    func operand(_ input: Span<UInt8>, at offset: Int, _ type: RegisterType) -> UInt128? {
      if opcode == AtomicOperation.increment.rawValue { return 1 }
      if opcode == AtomicOperation.decrement.rawValue { return .max }
      let low = input.littleEndian64(at: offset &+ FrameHeader.byteCount)
      var bits = UInt128(low)
      if type.width == .sixteen {
        let high = input.littleEndian64(at: offset &+ FrameHeader.byteCount &+ 8)
        bits |= UInt128(high) << 64
      } else if SlotWord(type).word(low) != low {
        return nil
      }
      return opcode == AtomicOperation.sub.rawValue ? 0 &- bits : bits
    }
  }

  /// The low word of a slot, of bits beyond whose width anything may stand.
  @usableFromInline
  struct SlotWord {
    @usableFromInline let shift: UInt64
    @usableFromInline let isSigned: Bool

    @inlinable @inline(__always)
    init(_ type: RegisterType) {
      shift = type.width == .sixteen ? 0 : UInt64(truncatingIfNeeded: 64 &- type.width.bitCount)
      isSigned = type.kind == .signed
    }

    @inlinable @inline(__always)
    func word(_ bits: UInt64) -> UInt64 {
      let high = bits &<< shift
      return isSigned
        ? UInt64(bitPattern: Int64(bitPattern: high) &>> Int64(shift)) : high &>> shift
    }
  }

  /// Whether a frame and the one behind it, at `next`, may be a run: cheap enough for every frame.
  @inlinable @inline(__always)
  public static func mayBegin(
    with header: FrameHeader, in input: Span<UInt8>, nextAt next: Int
  ) -> Bool {
    // The opcodes 38–3F and 40–47; which of them, the run itself finds out.
    guard header.opcode &- AtomicOperation.or.rawValue < 16,
      input.count &- next >= FrameHeader.byteCount
    else { return false }
    let second = input.littleEndian64(at: next &+ 8)
    return UInt32(truncatingIfNeeded: second >> 32) == header.handleOrAuxiliary
  }

  /// The run of frames at `offset`; nil for fewer than two.
  ///
  /// - Parameters:
  ///   - limit: How many frames at most.
  ///   - replyBytes: No frame is taken once the replies to those before have so many bytes.
  @inlinable
  public init?(
    _ input: Span<UInt8>, at offset: Int, on type: RegisterType, atMost limit: Int,
    replyBytes: Int
  ) {
    let family = Family(input[offset])
    guard family.exists(on: type.kind),
      var shape = Shape(input.littleEndian64(at: offset), of: family, on: type)
    else { return nil }
    let handle = input.littleEndian64(at: offset &+ 8) >> 32
    var operand = family.identity
    var order = MemoryOrder.relaxed
    var (count, end, bytes) = (0, offset, 0)
    while count < limit, bytes < replyBytes, input.count &- end >= FrameHeader.byteCount {
      let word = input.littleEndian64(at: end)
      // Most runs are the same frame again and again.
      if word != shape.word {
        guard let other = Shape(word, of: family, on: type) else { break }
        shape = other
      }
      guard input.littleEndian64(at: end &+ 8) >> 32 == handle,
        input.count &- end >= shape.byteCount, let next = shape.operand(input, at: end, type)
      else { break }
      operand = family.combine(operand, next)
      order = order.joined(with: shape.order)
      bytes &+= shape.replyByteCount(type)
      end &+= shape.byteCount
      count &+= 1
    }
    guard count > 1,
      let request = try? AtomicRequest(
        family.operation, on: type, order: order, operand: operand & type.width.mask)
    else { return nil }
    self.request = request
    self.count = count
    self.start = offset
    self.end = end
    self.family = family
    self.type = type
  }

  /// The words of the replies to all frames of the run, which has found the value `found`.
  @inlinable @inline(__always)
  public func forEachReplyWord(
    _ input: Span<UInt8>, found: UInt128, _ append: (UInt64) -> Void
  ) {
    let slot = SlotWord(type)
    var value = found
    var offset = start
    var last: Shape?
    var reply: UInt64 = 0
    while offset < end {
      let word = input.littleEndian64(at: offset)
      if word != last?.word {
        last = Shape(word, of: family, on: type)
        reply = replyWord(last)
      }
      guard let shape = last else { return }
      let new = family.combine(value, shape.operand(input, at: offset, type) ?? 0)
      if !shape.isQuiet {
        append(reply)
        append(input.littleEndian64(at: offset &+ 8) & 0xFFFF_FFFF)
        if shape.returns != .nothing {
          let told = shape.returns == .old ? value : new
          append(slot.word(UInt64(truncatingIfNeeded: told)))
          if type.width == .sixteen { append(UInt64(truncatingIfNeeded: told >> 64)) }
        }
      }
      value = new
      offset &+= shape.byteCount
    }
  }

  /// The first word of the reply to a frame.
  @inlinable
  func replyWord(_ shape: Shape?) -> UInt64 {
    guard let shape else { return 0 }
    let bodyByteCount = shape.returns == .nothing ? 0 : OperationFrame.slotByteCount(type)
    return FrameHeader(
      opcode: shape.opcode, orderOrStatus: Status.ok.rawValue, type: type.code,
      bodyByteCount: UInt32(truncatingIfNeeded: bodyByteCount), sequence: 0
    ).first
  }

  /// The headers of all frames of the run.
  public func forEachHeader(_ input: Span<UInt8>, _ body: (FrameHeader) -> Void) {
    var offset = start
    while offset < end {
      let header = FrameHeader(
        input.littleEndian64(at: offset), input.littleEndian64(at: offset &+ 8))
      body(header)
      offset += FrameHeader.byteCount + Int(header.bodyByteCount)
    }
  }
}

extension MemoryOrder {
  /// The least order that is as strong as both.
  @inlinable
  func joined(with other: MemoryOrder) -> MemoryOrder {
    if self == other || other == .relaxed { return self }
    if self == .relaxed { return other }
    // One of them acquires and the other releases, or does both.
    return self == .sequentiallyConsistent || other == .sequentiallyConsistent
      ? .sequentiallyConsistent : .acquiringAndReleasing
  }
}
