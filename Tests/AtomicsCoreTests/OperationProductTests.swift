// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import AtomicsCore

/// Every operation × type × legal order on the values where carries, signs and single bits change,
/// against a model that knows nothing but bits.
@Suite struct OperationProductTests {
  static let types = RegisterType.all.filter { $0.kind != .float }

  /// 0, 1, 2, max, max−1, the sign bit and its neighbours, a pattern.
  static func edges(_ type: RegisterType) -> [UInt128] {
    let (mask, sign) = (type.width.mask, type.signBit)
    let values = [0, 1, 2, mask, mask - 1, sign, sign - 1, sign + 1, 0x55 * (mask / 255)]
    return Array(Set(values.map { $0 & mask })).sorted()
  }

  /// Every single bit, and all but that bit.
  static func singleBits(_ type: RegisterType) -> [UInt128] {
    (0..<type.width.bitCount).flatMap { bit -> [UInt128] in
      let one = UInt128(1) << UInt128(bit)
      return [one, type.width.mask ^ one]
    }
  }

  struct Input {
    var old: UInt128
    var operand: UInt128 = 0
    var expected: UInt128 = 0
    var index = 0
  }

  static func inputs(_ operation: AtomicOperation, _ type: RegisterType) -> [Input] {
    let edges = edges(type)
    switch operation.operands {
    case .none: return (edges + singleBits(type)).map { Input(old: $0) }
    case .index:
      return [0, type.width.mask].flatMap { old in
        (0..<type.width.bitCount).map { Input(old: old, index: $0) }
      }
    case .operand:
      let pairs = edges.flatMap { old in edges.map { Input(old: old, operand: $0) } }
      return pairs
        + singleBits(type).flatMap {
          [Input(old: 0, operand: $0), Input(old: type.width.mask, operand: $0)]
        }
    case .expectedAndDesired, .operandAndUnless:
      return edges.flatMap { old in
        edges.map { Input(old: old, operand: old ^ 1, expected: $0) }
      }
    }
  }

  @Test("every operation at every legal order", arguments: types)
  func everyOrder(type: RegisterType) throws {
    let memory = CellMemory()
    let cell = memory.cell(type, at: 16)
    let model = BitModel(type: type)
    var faults: [String] = []
    for operation in AtomicOperation.allCases where operation.exists(on: type.kind) {
      for input in Self.inputs(operation, type) {
        let expected = model.result(
          operation, input.old, operand: input.operand, expected: input.expected,
          index: input.index)
        let left = expected ?? input.old
        for order in MemoryOrder.allCases where operation.orders.permits(order) {
          cell.store(input.old)
          let request = try AtomicRequest(
            operation, on: type, order: order, operand: input.operand, expected: input.expected,
            index: UInt8(input.index))
          let outcome = cell.perform(request)
          let isRight: Bool
          if operation.isBitOperation {
            let bit = { (value: UInt128) in value >> UInt128(input.index) & 1 }
            isRight = outcome.old == bit(input.old) && outcome.new == bit(left)
          } else {
            let old = operation == .store ? left : input.old
            isRight = outcome.old == old && outcome.new == left
          }
          if !isRight || outcome.succeeded != (expected != nil) || cell.load() != left {
            faults.append("\(operation) \(order) \(input): \(outcome), left \(cell.load())")
          }
        }
      }
    }
    #expect(faults.isEmpty, "\(faults.prefix(5))")
    for byte in Array(0..<16) + Array(16 + type.width.byteCount..<48) {
      #expect(memory.byte(at: byte) == 0)
    }
  }

  @Test("arithmetic under every policy, within bounds of every kind", arguments: types)
  func everyPolicy(type: RegisterType) throws {
    guard type.kind.isInteger else { return }
    let memory = CellMemory()
    let cell = memory.cell(type)
    let model = BitModel(type: type)
    let edges = Self.edges(type)
    var faults: [String] = []
    let bounds: [(UInt128, UInt128)] = [
      (type.least, type.greatest), (0, type.greatest), (type.least, 0), (1, 2), (2, 2),
      (type.least, type.least), (type.greatest, type.greatest),
    ]
    for operation in AtomicOperation.allCases where operation.modifier == .overflow {
      let operands = operation.operands == .none ? [0] : edges
      for policy in [OverflowPolicy.saturate, .fail] {
        for (least, greatest) in bounds {
          for old in edges {
            for operand in operands {
              let expected = model.result(
                operation, old, operand: operand, policy, least: least, greatest: greatest)
              cell.store(old)
              let outcome = cell.perform(
                try AtomicRequest(
                  operation, on: type,
                  modifier: .overflow(policy, least: least, greatest: greatest),
                  order: .relaxed, operand: operand))
              let left = expected ?? old
              if outcome.old != old || outcome.new != left || cell.load() != left
                || outcome.succeeded != (expected != nil)
              {
                faults.append("\(operation) \(policy) \(least)...\(greatest) \(old) \(operand)")
              }
            }
          }
        }
      }
    }
    #expect(faults.isEmpty, "\(faults.prefix(5))")
  }
}
