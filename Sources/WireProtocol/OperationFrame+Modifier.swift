// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What changes how an operation works, in frames: kept out of the inlined path.
///
///     modifier   type byte      flags    argument   slots after the operands
///     overflow   policy << 6    -        0          -
///     bounds     policy << 6    BOUNDS   0          least, greatest
///     mask       0              -        1          mask, zero-extended
///     relation   0              -        relation   -
extension OperationFrame {
  /// Completes the frame of a request that has a modifier.
  @usableFromInline
  static func encodeModifier(
    of request: AtomicRequest, _ type: RegisterType, into frame: inout FrameWords
  ) {
    var header = FrameHeader(frame.words[0], frame.words[1])
    switch request.operation.modifier {
    case .none: return
    case .mask:
      header.argument = 1
      frame.append(request.mask & type.width.mask, as: type.maskType)
    case .relation: header.argument = request.relation.rawValue
    case .overflow:
      header.type |= request.overflow.rawValue << 6
      if let (least, greatest) = request.bounds,
        least != type.least || greatest != type.greatest
      {
        header.flags |= FrameFlag.bounds
        frame.append(least, as: type)
        frame.append(greatest, as: type)
      }
    }
    header.bodyByteCount = UInt32(8 * (frame.count - 2))
    frame.words[0] = header.first
  }

  /// The request of a frame that has a modifier, or something where one would be.
  @usableFromInline
  static func decodeModified(
    _ operation: AtomicOperation, header: FrameHeader, operands: Span<UInt8>, type: RegisterType,
    _ order: MemoryOrder, _ failureOrder: MemoryOrder?
  ) throws(WireFailure) -> AtomicRequest {
    try checkTaken(operation, header)
    let slot = slotByteCount(type)
    let isMasked = operation.modifier == .mask
    let hasBounds = header.flags & FrameFlag.bounds != 0
    let count = operandCount(operation)
    let slots = count + (isMasked ? 1 : 0) + (hasBounds ? 2 : 0)
    guard operands.count == slots * slot else {
      throw badBody(operation, type, operands.count, slots: slots)
    }
    func value(_ index: Int, _ type: RegisterType) throws(WireFailure) -> UInt128 {
      try Self.value(operands, at: index * slot, type)
    }
    let modifier: OperationModifier
    switch operation.modifier {
    case .mask: modifier = .mask(try value(1, type.maskType))
    case .relation:
      guard let relation = ValueRelation(rawValue: header.argument) else {
        throw WireFailure(
          .badOperand, "relation \(header.argument) is none of 0 eq, 1 ne, 2 lt, 3 le, 4 gt, 5 ge")
      }
      modifier = .relation(relation)
    case .none, .overflow:
      guard let policy = OverflowPolicy(rawValue: header.type >> 6) else {
        throw WireFailure(.badOperand, "overflow bits are 0 wrap, 1 saturate or 2 fail")
      }
      modifier = .overflow(
        policy, least: hasBounds ? try value(count, type) : nil,
        greatest: hasBounds ? try value(count + 1, type) : nil)
    }
    let swaps = operation.isCompareExchange
    let first = count > 0 ? try value(0, type) : 0
    let second = swaps ? try value(1, type) : 0
    do throws(OperationError) {
      return try AtomicRequest(
        operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
        operand: swaps ? second : first, expected: swaps ? first : 0)
    } catch {
      throw WireFailure(error)
    }
  }

  /// Checks that whatever differs from a plain frame is what the operation takes.
  private static func checkTaken(_ operation: AtomicOperation, _ header: FrameHeader)
    throws(WireFailure)
  {
    let modifier = operation.modifier
    guard header.type >> 6 == 0 || modifier == .overflow else {
      throw WireFailure(
        .badOperand, "\(operation.row.name) takes no overflow policy: those bits are 0")
    }
    guard header.flags & FrameFlag.bounds == 0 || modifier == .overflow else {
      throw WireFailure(.badOperand, "\(operation.row.name) takes no bounds")
    }
    switch modifier {
    case .relation: return
    case .mask:
      guard header.argument == 1 else {
        throw WireFailure(.badOperand, "the argument byte of exchange is 0, or 1 with a mask")
      }
    case .none where operation.isBitOperation: return
    case .none, .overflow:
      guard header.argument == 0 else {
        throw WireFailure(.badOperand, "the argument byte of \(operation.row.name) is 0")
      }
    }
  }
}

extension FrameHeader {
  /// Whether nothing in the header changes how the operation works.
  @inlinable var hasNoModifier: Bool { argument == 0 && hasOnlyArgument }

  /// Whether nothing but the argument does.
  @inlinable var hasOnlyArgument: Bool { type >> 6 == 0 && flags & FrameFlag.bounds == 0 }
}

extension AtomicRequest {
  /// Whether something changes how the operation works.
  @inlinable var hasModifier: Bool {
    overflow != .wrap || relation != .equal || operation == .exchange && mask != .max
  }

  /// The status of a reply that tells that the value was left alone.
  @inlinable public var declinedStatus: Status { overflow == .fail ? .overflow : .mismatch }
}
