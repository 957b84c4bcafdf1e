// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// The face where everything is a value: what does not go together is an error, and the memory is
/// as it was.
@Suite struct RuntimeAtomicAccessTests {
  private let memory = CellMemory()

  private func refused(
    _ error: OperationError, _ type: String, _ perform: (AtomicCell) throws -> Void
  ) {
    let cell = memory.cell(.named(type))
    cell.store(0x5A)
    #expect(throws: error) { try perform(cell) }
    #expect(cell.load() == 0x5A)
  }

  @Test("operations that a kind has not", arguments: RegisterType.all)
  func kinds(type: RegisterType) {
    for operation in AtomicOperation.allCases where !operation.exists(on: type.kind) {
      refused(.unsupportedOperation(operation, type), type.name) { try $0.perform(operation) }
    }
  }

  @Test("orders that an operation has not", arguments: AtomicOperation.allCases)
  func orders(operation: AtomicOperation) throws {
    let type = RegisterType.named(operation.isByteComparison ? "bytes2" : "u16")
    for order in MemoryOrder.allCases {
      if !operation.orders.permits(order) {
        refused(.invalidOrder(operation, order), type.name) {
          try $0.perform(operation, order: order)
        }
        continue
      }
      for failure in MemoryOrder.allCases {
        if !operation.takesFailureOrder {
          refused(.failureOrderNotTaken(operation), type.name) {
            try $0.perform(operation, order: order, failureOrder: failure)
          }
        } else if !failure.isValidFailure(forSuccess: order) {
          refused(.invalidFailureOrder(success: order, failure: failure), type.name) {
            try $0.perform(operation, order: order, failureOrder: failure)
          }
        } else {
          _ = try memory.cell(type).perform(operation, order: order, failureOrder: failure)
        }
      }
    }
  }

  @Test("a bit that the value has not", arguments: [-1, 16, 255, 256, Int.max, Int.min])
  func indices(index: Int) {
    for operation in AtomicOperation.allCases where operation.isBitOperation {
      refused(.invalidIndex(Int128(index), bitCount: 16), "i16") {
        try $0.perform(operation, index: index)
      }
    }
    #expect(
      OperationError.invalidIndex(-1, bitCount: 16).description
        == "bit index -1 is out of range; this register has bits 0 to 15")
  }

  @Test("values with bits beyond the width")
  func values() {
    let type = RegisterType.named("i8")
    for operation in AtomicOperation.allCases where operation.exists(on: .signed) {
      switch operation.operands {
      case .none, .index: continue
      case .operand:
        refused(.valueOutOfRange(type), "i8") { try $0.perform(operation, operand: 0x100) }
      case .expectedAndDesired, .operandAndUnless:
        refused(.valueOutOfRange(type), "i8") { try $0.perform(operation, operand: 0x100) }
        refused(.valueOutOfRange(type), "i8") { try $0.perform(operation, expected: 0x100) }
      }
    }
    refused(.valueOutOfRange(.named("u8")), "i8") {
      try $0.perform(.exchange, modifier: .mask(0x100))
    }
    refused(.valueOutOfRange(type), "i8") {
      try $0.perform(.add, operand: 1, modifier: .overflow(.fail, greatest: 0x100))
    }
  }

  @Test("modifiers that an operation or a type has not, and bounds that are none")
  func modifiers() {
    let all: [OperationModifier] = [.mask(1), .relation(.less), .overflow(.saturate)]
    for operation in AtomicOperation.allCases where operation.exists(on: .unsigned) {
      for modifier in all where operation.modifier != modifier.class {
        refused(.modifierNotTaken(operation, modifier.class), "u32") {
          try $0.perform(operation, modifier: modifier)
        }
      }
    }
    refused(.unsupportedModifier(.exchange, .mask, .named("f32")), "f32") {
      try $0.perform(.exchange, modifier: .mask(1))
    }
    refused(.unsupportedModifier(.add, .overflow, .named("f32")), "f32") {
      try $0.perform(.add, modifier: .overflow(.fail))
    }
    refused(.boundsWithoutPolicy(.increment), "u32") {
      try $0.perform(.increment, modifier: .overflow(.wrap, greatest: 3))
    }
    refused(.emptyBounds(.named("i8"), least: 1, greatest: 0xFF), "i8") {
      try $0.perform(.increment, modifier: .overflow(.fail, least: 1, greatest: 0xFF))
    }
  }

  @Test("an owned cell starts as zero and does what is asked", arguments: RegisterType.all)
  func owned(type: RegisterType) throws {
    let cell = try OwnedCell(type)
    let old = try cell.perform(.exchange, operand: 1, order: .relaxed).old
    let new = try cell.perform(.load, order: .acquiring).new
    #expect(old == 0 && new == 1)
  }
}
