// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// What a request refuses before anything runs.
@Suite struct AtomicRequestTests {
  @Test("a value with a bit beyond the width is refused", arguments: RegisterType.all)
  func values(type: RegisterType) throws {
    _ = try AtomicRequest(.store, on: type, operand: type.width.mask)
    guard type.width != .sixteen else { return }
    let beyond = type.width.mask + 1
    #expect(throws: OperationError.valueOutOfRange(type)) {
      try AtomicRequest(.store, on: type, operand: beyond)
    }
    #expect(throws: OperationError.valueOutOfRange(type)) {
      try AtomicRequest(.compareExchangeStrong, on: type, operand: 0, expected: beyond)
    }
  }

  @Test("a bit index is below the number of bits", arguments: AtomicWidth.allCases)
  func indices(width: AtomicWidth) throws {
    let type = try #require(RegisterType(kind: .bytes, width: width))
    for operation in AtomicOperation.allCases where operation.isBitOperation {
      for index in UInt8.min...UInt8.max {
        do throws(OperationError) {
          _ = try AtomicRequest(operation, on: type, index: index)
          #expect(Int(index) < width.bitCount)
        } catch {
          #expect(Int(index) >= width.bitCount)
          #expect(error == .invalidIndex(Int128(index), bitCount: width.bitCount))
        }
      }
    }
  }

  @Test("an operation that a kind has not is refused", arguments: RegisterType.all)
  func kinds(type: RegisterType) {
    for operation in AtomicOperation.allCases where !operation.row.kinds.contains(type.kind) {
      #expect(throws: OperationError.unsupportedOperation(operation, type)) {
        try AtomicRequest(operation, on: type)
      }
    }
  }

  @Test("each error is one sentence that says what is allowed")
  func sentences() {
    let u8 = RegisterType.named("u8")
    let errors: [(OperationError, String)] = [
      (
        .unsupportedOperation(.add, .named("f32")), "add does not exist on f32 registers"
      ),
      (
        .invalidOrder(.load, .releasing),
        "load does not permit order release; it permits relaxed, acquire, seq_cst"
      ),
      (
        .invalidFailureOrder(success: .releasing, failure: .sequentiallyConsistent),
        "failure order seq_cst does not go with order release; it permits relaxed, acquire"
      ),
      (
        .failureOrderNotTaken(.or),
        "or takes no failure order; only cmpxchg_* and conditional operations do"
      ),
      (
        .readOnly(.add, u8), "add is not supported on read-only u8 values; load and bit_test are"
      ),
      (
        .modifierNotTaken(.or, .overflow),
        "or takes no overflow policy; it goes with add, sub, inc, dec, neg"
      ),
      (
        .unsupportedModifier(.exchange, .mask, .named("f64")),
        "exchange takes no mask on f64 registers"
      ),
      (
        .boundsWithoutPolicy(.add), "bounds on add need the overflow policy saturate or fail"
      ),
      (
        .emptyBounds(.named("i8"), least: 5, greatest: 0xFE),
        "the least bound 5 is greater than the greatest, -2"
      ),
      (.scopeEnded, "the scope of this view has ended; enter a new one"),
      (
        .invalidIndex(8, bitCount: 8),
        "bit index 8 is out of range; this register has bits 0 to 7"
      ),
      (.valueOutOfRange(u8), "the value does not fit u8; it takes 0 to 255"),
      (.valueOutOfRange(.named("i8")), "the value does not fit i8; it takes -128 to 127"),
    ]
    for (error, sentence) in errors { #expect(error.description == sentence) }
  }
}
