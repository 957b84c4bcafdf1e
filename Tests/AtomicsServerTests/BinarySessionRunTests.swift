// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Frames that run as one: nobody can tell.
@Suite struct BinarySessionRunTests {
  private func frame(
    _ operation: AtomicOperation, _ type: RegisterType, _ operand: UInt128, handle: UInt32,
    returns: ReturnMode, order: MemoryOrder, quiet: Bool, sequence: UInt32
  ) throws -> [UInt8] {
    var bytes = OperationFrame.encode(
      try AtomicRequest(operation, on: type, order: order, operand: operand), type: type,
      returns: quiet ? .nothing : returns, handle: handle, sequence: sequence
    ).bytes
    if quiet { bytes[1] |= FrameFlag.quiet }
    return bytes
  }

  @Test("a stream answers the same bytes in one piece as frame by frame, and leaves the same")
  func stream() throws {
    let operations: [AtomicOperation] = [
      .add, .sub, .increment, .decrement, .increment, .increment, .or, .xor, .and, .load, .exchange,
    ]
    try Faces.use { faces in
      var generator = SeededGenerator(seed: 11)
      for name in ["u8", "i16", "u64", "i64", "u128", "i128"] {
        let type = RegisterType(name: name)!
        let registers = try (0..<4).map { try faces.create("\(name)-\($0)", name) }
        let (whole, single) = (BinaryPeer(faces), BinaryPeer(faces))
        for index in 0..<2 {
          _ = whole.send(ControlFrame.open(name: "\(name)-\(index)", sequence: 1))
          _ = single.send(ControlFrame.open(name: "\(name)-\(index + 2)", sequence: 1))
        }
        for _ in 0..<30 {
          let frames = try (0..<60).map { sequence in
            let operation = operations.randomElement(using: &generator)!
            let hasOperand = operation.row.operands == .operand
            return try frame(
              operation, type,
              hasOperand ? UInt128(generator.next()) & type.width.mask : 0,
              handle: UInt32(generator.next() % 8 / 7),
              returns: [.nothing, .old, .new].randomElement(using: &generator)!,
              order: operation == .load ? .acquiring : .releasing,
              quiet: generator.next() % 4 == 0, sequence: UInt32(sequence))
          }
          let expected = frames.flatMap { single.send($0).answer }
          let bytes = frames.flatMap { $0 }
          #expect(whole.send(bytes).answer == expected)
          #expect(faces.value(registers[0]) == faces.value(registers[2]))
          #expect(faces.value(registers[1]) == faces.value(registers[3]))
          // And within a batch.
          let answer = whole.send(BatchFrame.frame(bytes, sequence: 1)).answer
          #expect(Array(answer.dropFirst(16)) == frames.flatMap { single.send($0).answer })
        }
      }
    }
  }

  @Test("frames on a deleted register are each told that it is gone")
  func gone() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u64")!
      try faces.create("r", "u64")
      let peer = BinaryPeer(faces)
      _ = peer.send(ControlFrame.open(name: "r", sequence: 1))
      try faces.service.delete("r".utf8.span)
      let frames = try (0..<5).flatMap {
        try frame(
          .add, type, 1, handle: 0, returns: .old, order: .relaxed, quiet: $0 == 2,
          sequence: UInt32($0))
      }
      let answer = peer.send(frames).answer
      let one = answer.count / 5
      for index in 0..<5 {
        #expect(answer[index * one + 2] == Status.gone.rawValue)
        #expect(answer[index * one + 8] == UInt8(index))
      }
    }
  }

  @Test("registers with a restore gap are stopped where each single operation would be")
  func restoreGap() throws {
    try Faces.use(takingSnapshots: true) { faces in
      let type = RegisterType(name: "u64")!
      _ = try faces.service.create(
        RegisterDefinition(name: "r", type: type, ownerUser: 0, restoreGap: 10))
      let peer = BinaryPeer(faces)
      _ = peer.send(ControlFrame.open(name: "r", sequence: 1))
      let up = try frame(
        .increment, type, 0, handle: 0, returns: .old, order: .relaxed, quiet: false, sequence: 1)
      let down = try frame(
        .decrement, type, 0, handle: 0, returns: .old, order: .relaxed, quiet: false, sequence: 1)
      // As one they would leave the value alone; the first alone may not run yet.
      #expect(peer.send(up + down).answer[2] == Status.beyondGap.rawValue)
    }
  }
}
