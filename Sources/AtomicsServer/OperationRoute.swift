// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage

/// What the JSON face knows of an operation by one of its names, worked out once.
final class OperationRoute: Sendable {
  let name: OperationName
  var operation: AtomicOperation { name.operation }
  /// The canonical name's bytes.
  let spelling: [UInt8]
  /// The members that the operation needs.
  let operands: [RequestMember]
  /// Those that change how it works.
  let modifiers: [RequestMember]
  /// All that it takes.
  let permitted: [RequestMember]
  /// The same of an operation in a batch.
  let permittedInBatch: [RequestMember]
  let setInBatch: RequestMember.Set

  private init(_ name: OperationName) {
    self.name = name
    spelling = Array(name.name.utf8)
    let operation = name.operation
    operands =
      switch operation.operands {
      case .none: []
      case .operand: [.operand]
      case .expectedAndDesired: [.expected, .desired]
      case .operandAndUnless: [.operand, .unless]
      case .index: [.index]
      }
    modifiers =
      switch operation.modifier {
      case .none: []
      case .mask: [.mask]
      case .relation: [.relation]
      case .overflow: [.overflow, .min, .max]
      }
    permitted =
      operands + modifiers
      + (operation.takesFailureOrder ? [.order, .failureOrder] : [.order]) + [.create]
    permittedInBatch = [.name, .op] + permitted
    setInBatch = RequestMember.Set(permittedInBatch)
  }

  /// What some operation takes in a batch: which one it is may be said last.
  static let takenInBatch: [RequestMember] = [
    .name, .op, .operand, .expected, .desired, .unless, .index, .order, .failureOrder, .mask,
    .relation, .overflow, .min, .max, .create,
  ]

  /// The members that the operation takes and does not need.
  var optional: [RequestMember] { Array(permitted.dropFirst(operands.count)) }

  /// Whether `spelling` is the canonical one.
  func isSpelled(_ spelling: Span<UInt8>) -> Bool {
    let canonical = self.spelling
    return spelling.equals(canonical.span)
  }

  // MARK: - Every spelling

  static let all = OperationName.all.map { OperationRoute($0) }

  private struct Spelling: Sendable {
    let bytes: [UInt8]
    let route: OperationRoute
  }

  /// Every spelling, at or behind the place that its hash names.
  private static let table: [Spelling?] = {
    var table = [Spelling?](repeating: nil, count: 1024)
    for route in all {
      for text in [route.name.name] + route.name.aliases {
        let bytes = Array(text.utf8)
        var place = hash(bytes.span)
        while table[place] != nil { place = (place + 1) % table.count }
        table[place] = Spelling(bytes: bytes, route: route)
      }
    }
    return table
  }()

  /// The operation spelled `spelling`, canonical or alias, with `-` taken for `_`; nil where there
  /// is none.
  static func find(_ spelling: Span<UInt8>) -> OperationRoute? {
    let table = table
    var place = hash(spelling)
    while let candidate = table[place] {
      if areEqual(candidate.bytes.span, spelling) { return candidate.route }
      place = (place + 1) % table.count
    }
    return nil
  }

  private static func areEqual(_ known: Span<UInt8>, _ asked: Span<UInt8>) -> Bool {
    guard known.count == asked.count else { return false }
    for index in asked.indices where known[index] != canonical(asked[index]) { return false }
    return true
  }

  /// FNV-1a, folded to the table's size.
  private static func hash(_ spelling: Span<UInt8>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for index in spelling.indices {
      hash = (hash ^ UInt32(canonical(spelling[index]))) &* 16_777_619
    }
    return Int((hash ^ hash >> 16) & 1023)
  }

  private static func canonical(_ byte: UInt8) -> UInt8 {
    byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
  }
}
