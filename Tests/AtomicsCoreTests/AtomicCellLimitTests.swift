// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import AtomicsCore

/// Operations that may not leave a value above a limit.
@Suite struct AtomicCellLimitTests {
  private static let u8 = RegisterType(name: "u8")!
  private static let i8 = RegisterType(name: "i8")!

  private static func run(
    _ request: AtomicRequest, on initial: UInt128, atMost limit: UInt128
  ) throws -> (result: AtomicLimit, left: UInt128) {
    let cell = try OwnedCell(request.type)
    cell.location.store(request.type.width, initial, .relaxed)
    let result = AtomicCell(cell.location, request.type).perform(request, atMost: limit)
    return (result, cell.load())
  }

  @Test("below the limit every vector ends as it does without one")
  func vectors() throws {
    var count = 0
    for vector in Vectors.accepted where vector.registerType.kind.isInteger {
      let request = try vector.request()
      // A weak one may fail by itself.
      if request.operation == .compareExchangeWeak { continue }
      let initial = vector.bits(vector.initial)
      let done = try Self.run(request, on: initial, atMost: request.type.greatest)
      let plain = try OwnedCell(request.type)
      plain.location.store(request.type.width, initial, .relaxed)
      let expected = AtomicCell(plain.location, request.type).perform(request)
      guard case .performed(let outcome, _) = done.result else {
        Issue.record("refused: \(vector)")
        continue
      }
      #expect(outcome == expected, "\(vector)")
      #expect(done.left == plain.load(), "\(vector)")
      count += 1
    }
    #expect(count > 1000)
  }

  @Test("what would leave more than the limit is refused, and changes nothing")
  func refused() throws {
    let cases: [(AtomicOperation, UInt128, UInt128, UInt8)] = [
      (.store, 101, 0, 0), (.exchange, 101, 0, 0), (.compareExchangeStrong, 101, 90, 0),
      (.add, 11, 0, 0), (.or, 0x7F, 0, 0), (.xor, 0xFF, 0, 0), (.not, 0, 0, 0),
      (.max, 120, 0, 0), (.bitTestSet, 0, 0, 7), (.bitTestComplement, 0, 0, 7),
      (.addUnless, 20, 5, 0),
    ]
    for (operation, operand, expected, index) in cases {
      let request = try AtomicRequest(
        operation, on: Self.u8, operand: operand, expected: expected, index: index)
      let (result, left) = try Self.run(request, on: 90, atMost: 100)
      #expect(result == .refused(found: 90), "\(operation)")
      #expect(left == 90)
    }
    let increment = try AtomicRequest(.increment, on: Self.u8)
    #expect(try Self.run(increment, on: 100, atMost: 100).result == .refused(found: 100))
    #expect(try Self.run(increment, on: 99, atMost: 100).left == 100)
  }

  @Test("what leaves no more than the limit is done, whatever was there")
  func performed() throws {
    let load = try AtomicRequest(.load, on: Self.u8)
    #expect(try Self.run(load, on: 200, atMost: 100).left == 200)
    let lost = try AtomicRequest(.compareExchangeStrong, on: Self.u8, operand: 250, expected: 1)
    #expect(
      try Self.run(lost, on: 90, atMost: 100).result
        == .performed(AtomicOutcome(old: 90, new: 90, succeeded: false), left: 90))
    let store = try AtomicRequest(.store, on: Self.u8, operand: 100)
    #expect(try Self.run(store, on: 200, atMost: 100).left == 100)
    // Signed: -1 is below any limit, and 255 as bits is not.
    let decrement = try AtomicRequest(.decrement, on: Self.i8)
    #expect(try Self.run(decrement, on: 0, atMost: 5).left == 0xFF)
    let wraps = try AtomicRequest(.add, on: Self.u8, operand: 10)
    #expect(try Self.run(wraps, on: 250, atMost: 100).left == 4)
  }
}
