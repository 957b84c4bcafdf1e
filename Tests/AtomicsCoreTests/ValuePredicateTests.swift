// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsCore

@Suite struct ValuePredicateTests {
  @Test("codes and names are the wire's")
  func names() {
    #expect(ValuePredicate.allCases.map(\.rawValue) == Array(0...8))
    #expect(
      ValuePredicate.allCases.map(\.name)
        == ["eq", "ne", "lt", "le", "gt", "ge", "any", "all", "changed"])
    for predicate in ValuePredicate.allCases {
      #expect(ValuePredicate(name: predicate.name) == predicate)
    }
    #expect(ValuePredicate(name: "") == nil && ValuePredicate(rawValue: 9) == nil)
  }

  @Test("floats have no bits to wait for")
  func kinds() {
    for predicate in ValuePredicate.allCases {
      for kind in [AtomicKind.unsigned, .signed, .bytes] { #expect(predicate.exists(on: kind)) }
      #expect(predicate.exists(on: .float) == (predicate != .anyBits && predicate != .allBits))
    }
  }

  /// Three values of each type in their order, as bits.
  private static func ordered(_ type: RegisterType) -> [UInt128] {
    switch type.kind {
    case .unsigned: [0, 1, type.width.mask]
    case .signed: [type.signBit, type.width.mask, 1]  // least, -1, 1
    case .bytes where type.width == .one: [0, 1, 0xFF]
    case .bytes: [0, 0x0100, 0x01]  // the first byte in memory counts most
    case .float where type.width == .four:
      [Float(-2).atomicBits, Float(0.5).atomicBits, Float.infinity.atomicBits]
    case .float: [Double(-2).atomicBits, Double(0.5).atomicBits, Double.infinity.atomicBits]
    }
  }

  @Test("each predicate on each type, for each pair of three values", arguments: RegisterType.all)
  func truth(type: RegisterType) {
    let values = Self.ordered(type)
    for (place, value) in values.enumerated() {
      for (other, operand) in values.enumerated() {
        func holds(_ predicate: ValuePredicate) -> Bool {
          predicate.holds(for: value, operand: operand, first: operand, on: type)
        }
        #expect(holds(.equal) == (place == other))
        #expect(holds(.notEqual) == (place != other))
        #expect(holds(.less) == (place < other))
        #expect(holds(.lessOrEqual) == (place <= other))
        #expect(holds(.greater) == (place > other))
        #expect(holds(.greaterOrEqual) == (place >= other))
        #expect(holds(.changed) == (place != other))
        #expect(holds(.anyBits) == (value & operand != 0))
        #expect(holds(.allBits) == (operand & ~value == 0))
      }
    }
  }

  @Test("a NaN stands in no relation, but is itself by its bits, and zeros differ by theirs")
  func floats() {
    let type = Double.registerType
    let nan = Double.nan.atomicBits
    func holds(_ predicate: ValuePredicate, _ value: Double, _ operand: Double) -> Bool {
      predicate.holds(
        for: value.atomicBits, operand: operand.atomicBits, first: operand.atomicBits, on: type)
    }
    for predicate in [ValuePredicate.less, .lessOrEqual, .greater, .greaterOrEqual] {
      #expect(!predicate.holds(for: nan, operand: nan, first: nan, on: type))
      #expect(!holds(predicate, .nan, 1) && !holds(predicate, 1, .nan))
    }
    #expect(holds(.equal, .nan, .nan) && !holds(.changed, .nan, .nan))
    #expect(!holds(.equal, 0.0, -0.0) && holds(.changed, 0.0, -0.0))
    #expect(holds(.greaterOrEqual, -0.0, 0.0) && holds(.lessOrEqual, 0.0, -0.0))
  }

  @Test("bits of nothing are all there, and none of them is")
  func noBits() {
    let type = RegisterType.all[3]
    for value in [0, 1, type.width.mask] {
      #expect(ValuePredicate.allBits.holds(for: value, operand: 0, first: 0, on: type))
      #expect(!ValuePredicate.anyBits.holds(for: value, operand: 0, first: 0, on: type))
    }
  }
}
