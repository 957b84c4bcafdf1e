// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@testable import WireProtocol

/// BATCH: whole operation frames, and nothing else.
@Suite struct BatchFrameTests {
  private let frames: [[UInt8]] = {
    let type = RegisterType.named("u64")
    guard let add = try? AtomicRequest(.add, on: type, operand: 5) else { return [] }
    let byHandle = OperationFrame.encode(
      add, type: type, returns: .old, handle: 3, sequence: 1
    ).bytes
    let byName = OperationFrame.encode(
      add, type: type, returns: .new, name: "a/name", policy: .createOrConfirm, sequence: 2)
    return [byHandle, byName, byHandle]
  }()

  private func status(_ body: [UInt8], limit: Int = 4096) -> Status? {
    do throws(WireFailure) {
      try BatchFrame.check(body.span, limit: limit)
      return nil
    } catch {
      return error.status
    }
  }

  @Test("a batch is its operations behind a header")
  func layout() throws {
    let operations = frames.flatMap { $0 }
    let (header, body) = try split(
      BatchFrame.frame(operations, stopsAtFailure: true, sequence: 9))
    #expect(
      header
        == FrameHeader(
          opcode: 0x60, bodyByteCount: UInt32(operations.count), argument: 1, sequence: 9))
    #expect(body == operations && status(body) == nil)
    #expect(try split(BatchFrame.frame([], sequence: 1)).header.argument == 0)
    #expect(status([]) == nil)
  }

  @Test("a batch that ends anywhere but behind an operation is refused")
  func truncated() {
    let operations = frames.flatMap { $0 }
    var whole = 0
    let ends = Set(
      frames.map { (frame: [UInt8]) -> Int in
        whole += frame.count
        return whole
      })
    for count in 0...operations.count {
      let status = status(Array(operations.prefix(count)))
      #expect(status == (count == 0 || ends.contains(count) ? nil : .badOperand), "\(count)")
    }
  }

  @Test("operations whose length or name leaves the batch, and frames that are none, are refused")
  func shapes() {
    for (offset, value) in [(4, 16), (4, 9), (5, 1), (6, 0xFF), (0, 0x00), (0, 0x10), (0, 0x60)] {
      var wrong = frames[0]
      wrong[offset] = UInt8(value)
      #expect(status(wrong) == .badOperand && status(frames[0] + wrong) == .badOperand)
    }
    var name = frames[1]
    name[16] = 200
    #expect(status(name) == .badOperand)
    // What is wrong with the operation itself, its own reply tells.
    name = frames[1]
    name[18] = 9
    #expect(status(name) == nil)
    var flags = frames[0]
    flags[1] = 0x80
    #expect(status(flags) == nil)
  }

  @Test("a batch has as many operations as are allowed, and no more")
  func limit() {
    let operations = frames.flatMap { $0 }
    #expect(status(operations, limit: 3) == nil && status(operations, limit: 2) == .limit)
  }
}
