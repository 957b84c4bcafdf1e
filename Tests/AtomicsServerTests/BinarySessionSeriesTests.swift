// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Frames that ask the same of one register after another: nobody can tell from single ones.
@Suite struct BinarySessionSeriesTests {
  private func frame(
    _ operation: AtomicOperation, _ type: RegisterType, _ operand: UInt128 = 0,
    expected: UInt128 = 0, handle: UInt32, returns: ReturnMode = .nothing, sequence: UInt32 = 1
  ) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(
        operation, on: type, order: operation == .load ? .acquiring : .releasing, operand: operand,
        expected: expected), type: type, returns: returns, handle: handle, sequence: sequence
    ).bytes
  }

  private func open(_ peer: BinaryPeer, _ names: some Sequence<String>) {
    for name in names { _ = peer.send(ControlFrame.open(name: name, sequence: 1)) }
  }

  @Test("a stream answers the same bytes in one piece as frame by frame, and leaves the same")
  func stream() throws {
    let operations: [AtomicOperation] = [.increment, .sub, .load, .exchange, .min, .or, .addUnless]
    try Faces.use { faces in
      var generator = SeededGenerator(seed: 5)
      for name in ["u8", "i16", "u64", "i64", "u128"] {
        let type = RegisterType(name: name)!
        let registers = try (0..<40).map { try faces.create("\(name)-\($0)", name) }
        let (whole, single) = (BinaryPeer(faces), BinaryPeer(faces))
        // More than a page of handles, and some that are none.
        open(whole, (0..<150).map { "\(name)-\($0 % 20)" })
        open(single, (0..<150).map { "\(name)-\(20 + $0 % 20)" })
        for _ in 0..<40 {
          let operation = operations.randomElement(using: &generator)!
          let returns: ReturnMode =
            operation.row.hasFetchForms
            ? [.nothing, .old, .new].randomElement(using: &generator)!
            : operation == .addUnless ? .nothing : .old
          let frames = try (0..<100).map { sequence in
            // Now and then something else comes between.
            let operation = generator.next() % 16 == 0 ? .increment : operation
            let hasOperand = operation.row.operands != .none
            return try frame(
              operation, type, hasOperand ? UInt128(generator.next()) & type.width.mask : 0,
              expected: operation == .addUnless ? UInt128(generator.next() & 1) : 0,
              // Twice the same, and one that nobody opened, among them.
              handle: UInt32(generator.next() % 152), returns: returns,
              sequence: UInt32(sequence))
          }
          let expected = frames.flatMap { single.send($0).answer }
          #expect(whole.send(frames.flatMap { $0 }).answer == expected)
          for index in 0..<20 {
            #expect(faces.value(registers[index]) == faces.value(registers[index + 20]))
          }
        }
      }
    }
  }

  @Test("a deleted register's frame is told so, and the others run")
  func gone() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u64")!
      let registers = try (0..<5).map { try faces.create("r\($0)", "u64") }
      let peer = BinaryPeer(faces)
      open(peer, (0..<5).map { "r\($0)" })
      try faces.service.delete("r2".utf8.span)
      for operation in [AtomicOperation.increment, .load, .min] {
        let frames = try (0..<5).flatMap {
          try frame(operation, type, handle: UInt32($0), returns: .old, sequence: UInt32($0))
        }
        let answer = peer.send(frames).answer
        var offset = 0
        for sequence in 0..<5 {
          let header = FrameHeader(
            answer.span.littleEndian64(at: offset), answer.span.littleEndian64(at: offset + 8))
          let status: Status = sequence == 2 ? .gone : .ok
          #expect(header.orderOrStatus == status.rawValue && header.sequence == UInt32(sequence))
          offset += 16 + Int(header.bodyByteCount)
        }
        #expect(offset == answer.count)
      }
      #expect(registers.map(faces.value) == ["0", "0", "gone", "0", "0"])
    }
  }

  @Test("a value that is wrong is refused by itself")
  func wrongValue() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u8")!
      let registers = try (0..<3).map { try faces.create("r\($0)", "u8") }
      let peer = BinaryPeer(faces)
      open(peer, (0..<3).map { "r\($0)" })
      var frames = try (0..<3).map { try frame(.add, type, 5, handle: UInt32($0)) }
      frames[1][17] = 1
      let answer = peer.send(frames.flatMap { $0 }).answer
      #expect(answer[2] == Status.ok.rawValue)
      #expect(answer[16 + 2] == Status.badOperand.rawValue)
      #expect(answer[answer.count - 16 + 2] == Status.ok.rawValue)
      #expect(registers.map(faces.value) == ["5", "0", "5"])
    }
  }

  @Test("registers with a restore gap are stopped where each single operation would be")
  func restoreGap() throws {
    try Faces.use(takingSnapshots: true) { faces in
      let type = RegisterType(name: "u64")!
      try faces.create("plain", "u64")
      _ = try faces.service.create(
        RegisterDefinition(name: "bounded", type: type, ownerUser: 0, restoreGap: 10))
      let peer = BinaryPeer(faces)
      open(peer, ["plain", "bounded"])
      let frames = try [0, 1, 0].flatMap { try frame(.increment, type, handle: $0) }
      let answer = peer.send(frames).answer
      #expect(answer[2] == Status.ok.rawValue && answer[18] == Status.beyondGap.rawValue)
      #expect(answer[answer.count - 14] == Status.ok.rawValue)
    }
  }

  @Test("a turn ends at its budget, and where the output is full")
  func bounds() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u64")!
      for index in 0..<7 { try faces.create("r\(index)", "u64") }
      let frames = try (0..<3000).flatMap {
        try frame(.increment, type, handle: UInt32($0 % 7), returns: .new)
      }
      let peer = BinaryPeer(faces)
      open(peer, (0..<7).map { "r\($0)" })
      let (progress, answer) = peer.send(frames)
      #expect(progress.next == .yield && progress.consumed == ExecutionBudget.turn * 16)
      #expect(answer.count == ExecutionBudget.turn * 24)
      let narrow = BinaryPeer(faces, highWater: 1000)
      open(narrow, (0..<7).map { "r\($0)" })
      let (halted, short) = narrow.send(frames)
      #expect(halted.next == .yield && halted.consumed == short.count / 24 * 16)
      #expect(short.count >= 1000 && short.count <= 1000 + 24)
    }
  }

  @Test("failures are bound by the budget and by the output, too")
  func boundsOfFailures() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u64")!
      for index in 0..<7 { try faces.create("r\(index)", "u64") }
      let frames = try (0..<3000).flatMap {
        try frame(.increment, type, handle: UInt32($0 % 7), returns: .new)
      }
      let peer = BinaryPeer(faces)
      let narrow = BinaryPeer(faces, highWater: 1000)
      for peer in [peer, narrow] { open(peer, (0..<7).map { "r\($0)" }) }
      for index in 0..<7 { try faces.service.delete("r\(index)".utf8.span) }
      let (progress, answer) = peer.send(frames)
      let refused = progress.consumed / 16
      #expect(progress.next == .yield)
      #expect(refused > 7 && refused <= ExecutionBudget.turn / ExecutionBudget.byName + 1)
      let (halted, short) = narrow.send(frames)
      #expect(halted.next == .yield)
      #expect(short.count >= 1000 && short.count <= 1000 + answer.count / refused)
    }
  }

  @Test("a handle that was given back is missing at once, also where the frame says nothing new")
  func closed() throws {
    try Faces.use { faces in
      let type = RegisterType(name: "u64")!
      for index in 0..<2 { try faces.create("r\(index)", "u64") }
      let peer = BinaryPeer(faces)
      open(peer, ["r0", "r1"])
      // Said twice: it is a series from here on, also by itself.
      for handle in [UInt32(0), 1, 0] {
        #expect(try peer.send(frame(.increment, type, handle: handle)).answer[2] == 0)
      }
      let close = FrameHeader(
        opcode: Opcode.close.rawValue, sequence: 1, handleOrAuxiliary: 1)
      #expect(try peer.status(of: FrameWords(close).bytes) == .ok)
      let answer = peer.send(try frame(.increment, type, handle: 1)).answer
      #expect(answer[2] == Status.notFound.rawValue)
    }
  }
}
