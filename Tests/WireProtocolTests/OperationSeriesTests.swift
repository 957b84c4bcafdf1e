// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// What is worked out once for many frames is what each frame by itself says.
@Suite struct OperationSeriesTests {
  private static let types = RegisterType.all.filter { $0.width != .sixteen }

  private func words(_ reply: ReplyWords) -> [UInt64] {
    [reply.first, reply.second, reply.value, reply.high].compactMap { $0 }
  }

  @Test("requests and replies of a series are those of single frames", arguments: types)
  func model(type: RegisterType) throws {
    var generator = SeededGenerator(seed: 17)
    func random() -> UInt128 {
      let bits = UInt128(generator.next())
      return [bits, 0, 1, .max, type.width.mask ^ type.width.mask >> 1].randomElement(
        using: &generator)! & type.width.mask
    }
    for row in OperationRow.all where row.kinds.contains(type.kind) {
      let operands = row.operands
      let hasOperand = operands != .none && operands != .index
      let hasTwo = operands == .expectedAndDesired || operands == .operandAndUnless
      let index = operands == .index ? UInt8(type.width.bitCount - 1) : 0
      let returns: [ReturnMode] =
        row.hasFetchForms
        ? ReturnMode.allCases
        : operands == .index || row.operation == .store ? [.nothing] : [.nothing, .old]
      for returns in returns {
        func frame() throws -> (AtomicRequest, [UInt8]) {
          let request = try AtomicRequest(
            row.operation, on: type, order: row.orders == .store ? .releasing : .acquiring,
            operand: hasOperand ? random() : 0, expected: hasTwo ? random() : 0, index: index)
          return (
            request,
            OperationFrame.encode(
              request, type: type, returns: returns, handle: 3, sequence: 0xFFFF_FFFE
            ).bytes
          )
        }
        let first = try frame().1
        let made = OperationSeries(first.span, at: 0, on: type)
        let series = try #require(made)
        #expect(series.byteCount == first.count && series.operation == row.operation)
        #expect(series.contains(first.span.littleEndian64(at: 0)))
        for _ in 0..<20 {
          let (request, bytes) = try frame()
          #expect(series.request(bytes.span, operandsAt: 16) == request)
          let old = operands == .index ? random() & 1 : random()
          for succeeded in request.canDecline ? [true, false] : [true] {
            let outcome = AtomicOutcome(
              old: old, new: operands == .index ? 1 : request.outcome(found: old, on: type).new,
              succeeded: succeeded)
            let header = try split(bytes).header
            let expected = OperationFrame.reply(
              to: header, request, outcome, returns: returns, type: type)
            let reply = series.reply(to: header.second, outcome)
            #expect(words(reply) == (0..<expected.count).map { expected.words[$0] })
            guard series.step != .other, succeeded else { continue }
            let found = UInt64(truncatingIfNeeded: old)
            let addend =
              series.step == .load ? 0 : series.addend(bytes.span, operandsAt: 16, as: type)
            let short = series.reply(
              to: header.sequence, found: found, adding: try #require(addend), as: type)
            #expect(words(short) == words(reply))
          }
        }
      }
    }
  }

  @Test("additions on integers and loads are steps of their own")
  func steps() throws {
    func step(_ operation: AtomicOperation, _ type: String) throws -> OperationSeries.Step? {
      let type = RegisterType.named(type)
      let request = try AtomicRequest(operation, on: type, order: .sequentiallyConsistent)
      let bytes = OperationFrame.encode(
        request, type: type, returns: .nothing, handle: 0, sequence: 0
      ).bytes
      return OperationSeries(bytes.span, at: 0, on: type)?.step
    }
    for operation in [AtomicOperation.add, .sub, .increment, .decrement] {
      #expect(try step(operation, "i16") == .addition)
    }
    #expect(try step(.load, "f64") == .load)
    // Floats are added by a loop, not by the processor.
    #expect(try step(.add, "f64") == .other)
    #expect(try step(.negate, "u8") == .other)
  }

  @Test("a value that is none of the type's is no request, and no addend")
  func wrongValues() throws {
    let type = RegisterType.named("i16")
    for operation in [AtomicOperation.add, .compareExchangeStrong] {
      let request = try AtomicRequest(operation, on: type, order: .relaxed)
      let bytes = OperationFrame.encode(
        request, type: type, returns: .nothing, handle: 0, sequence: 0
      ).bytes
      let made = OperationSeries(bytes.span, at: 0, on: type)
      let series = try #require(made)
      for slot in stride(from: 16, to: bytes.count, by: 8) {
        var wrong = bytes
        wrong[slot + 2] = 1
        #expect(series.request(wrong.span, operandsAt: 16) == nil)
        if series.step == .addition {
          #expect(series.addend(wrong.span, operandsAt: 16, as: type) == nil)
        }
        #expect(OperationSeries(wrong.span, at: 0, on: type) == nil)
      }
    }
  }

  @Test("what has to run alone begins no series")
  func alone() throws {
    let type = RegisterType.named("u64")
    let request = try AtomicRequest(.exchange, on: type, order: .relaxed, operand: 1)
    let good = OperationFrame.encode(
      request, type: type, returns: .old, handle: 0, sequence: 0
    ).bytes
    #expect(OperationSeries(good.span, at: 0, on: type) != nil)
    // An unknown opcode, a flag, an order, another type, an overflow policy, a mask, a cut body.
    for (offset, value) in [(0, 0x2F), (1, 1), (2, 1), (3, 2), (3, 0x43), (7, 1)] {
      var wrong = good
      wrong[offset] = UInt8(value)
      #expect(OperationSeries(wrong.span, at: 0, on: type) == nil, "\(offset) is \(value)")
    }
    #expect(OperationSeries(Array(good.dropLast()).span, at: 0, on: type) == nil)
    let wide = RegisterType.named("u128")
    let load = OperationFrame.encode(
      try AtomicRequest(.load, on: wide, order: .acquiring), type: wide, returns: .old, handle: 0,
      sequence: 0
    ).bytes
    #expect(OperationSeries(load.span, at: 0, on: wide) == nil)
  }
}
