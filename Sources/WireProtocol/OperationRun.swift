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
    func combine<Bits: FixedWidthInteger>(_ value: Bits, _ operand: Bits) -> Bits {
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

    /// Puts together what frames with this first word combine with the value.
    ///
    /// - Returns: How many frames there are from `offset` on, as whole ones of the run.
    @inlinable @inline(__always)
    func combine(
      _ input: Span<UInt8>, at offset: Int, handle: UInt64, atMost limit: Int, _ family: Family,
      _ type: RegisterType, into operand: inout UInt128
    ) -> Int {
      let most = min(limit, (input.count &- offset) / byteCount)
      var (count, next) = (0, offset)
      if bodyByteCount == 0 {
        while count < most {
          let (first, second) = input.littleEndianPair(at: next)
          guard first == word, second >> 32 == handle else { break }
          next &+= FrameHeader.byteCount
          count &+= 1
        }
        operand &+= constant &* UInt128(truncatingIfNeeded: count)
      } else if bodyByteCount == 8 {
        let slot = SlotWord(type)
        var low = UInt64(truncatingIfNeeded: operand)
        while count < most {
          let (first, second) = input.littleEndianPair(at: next)
          let bits = input.littleEndian64(at: next &+ FrameHeader.byteCount)
          guard first == word, second >> 32 == handle, slot.word(bits) == bits else { break }
          low = family.combine(low, isSubtraction ? 0 &- bits : bits)
          next &+= byteCount
          count &+= 1
        }
        operand = UInt128(low)
      } else {
        while count < most {
          let (first, second) = input.littleEndianPair(at: next)
          guard first == word, second >> 32 == handle,
            let bits = self.operand(input, at: next, type)
          else { break }
          operand = family.combine(operand, bits)
          next &+= byteCount
          count &+= 1
        }
      }
      return count
    }

    /// What a frame without an operand adds.
    @inlinable var constant: UInt128 {
      opcode == AtomicOperation.increment.rawValue ? 1 : .max
    }

    @inlinable var isSubtraction: Bool { opcode == AtomicOperation.sub.rawValue }

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
  struct SlotWord: Sendable {
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
      let replyByteCount = shape.replyByteCount(type)
      var most = limit &- count
      if replyByteCount > 0 {
        most = min(most, (replyBytes &- bytes &- 1) / replyByteCount &+ 1)
      }
      let taken = shape.combine(
        input, at: end, handle: handle, atMost: most, family, type, into: &operand)
      if taken == 0 { break }
      order = order.joined(with: shape.order)
      bytes &+= taken &* replyByteCount
      end &+= taken &* shape.byteCount
      count &+= taken
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

  /// The replies to the frames of a run, from the value that it has found.
  public struct Replies {
    @usableFromInline let run: OperationRun
    @usableFromInline let slot: SlotWord
    @usableFromInline let isWide: Bool
    /// What the frame at `offset` finds.
    @usableFromInline var value: UInt128
    @usableFromInline var offset: Int
    /// What the last frame said, which most say again.
    @usableFromInline var shape: Shape
    @usableFromInline var constant: UInt128
    @usableFromInline var first: UInt64

    @inlinable
    init?(_ run: OperationRun, _ input: Span<UInt8>, found: UInt128) {
      let word = input.littleEndian64(at: run.start)
      guard let shape = Shape(word, of: run.family, on: run.type) else { return nil }
      self.run = run
      self.shape = shape
      slot = SlotWord(run.type)
      isWide = run.type.width == .sixteen
      value = found
      offset = run.start
      constant = shape.constant
      first = run.replyWord(shape)
    }

    /// The next reply; nil: there are no more.
    @inlinable @inline(__always)
    public mutating func next(_ input: Span<UInt8>) -> ReplyWords? {
      while offset < run.end {
        let (word, second) = input.littleEndianPair(at: offset)
        if word != shape.word, !enter(word) { return nil }
        var operand = constant
        if shape.bodyByteCount > 0 {
          operand = UInt128(input.littleEndian64(at: offset &+ 16))
          if isWide { operand |= UInt128(input.littleEndian64(at: offset &+ 24)) << 64 }
          if shape.isSubtraction { operand = 0 &- operand }
        }
        let old = value
        value = run.family.combine(value, operand)
        offset &+= shape.byteCount
        if shape.isQuiet { continue }
        let sequence = second & 0xFFFF_FFFF
        if shape.returns == .nothing { return ReplyWords(first, sequence) }
        let told = shape.returns == .old ? old : value
        let low = slot.word(UInt64(truncatingIfNeeded: told))
        guard isWide else { return ReplyWords(first, sequence, low) }
        return ReplyWords(first, sequence, low, high: UInt64(truncatingIfNeeded: told >> 64))
      }
      return nil
    }

    /// - Returns: False where the word is none of the run's.
    @inlinable @inline(never)
    mutating func enter(_ word: UInt64) -> Bool {
      guard let shape = Shape(word, of: run.family, on: run.type) else { return false }
      self.shape = shape
      constant = shape.constant
      first = run.replyWord(shape)
      return true
    }
  }

  /// The replies to all frames, once the run has found the value `found`.
  @inlinable
  public func replies(_ input: Span<UInt8>, found: UInt128) -> Replies? {
    Replies(self, input, found: found)
  }

  /// The first word of the reply to a frame.
  @inlinable
  func replyWord(_ shape: Shape) -> UInt64 {
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
