// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// BATCH: what it answers, when it stops, and that it runs whole.
@Suite struct BinarySessionBatchTests {
  private static let u64 = RegisterType(name: "u64")!

  private func increment(
    _ sequence: UInt32, handle: UInt32 = 0, returns: ReturnMode = .new
  ) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(.increment, on: Self.u64), type: Self.u64, returns: returns,
      handle: handle, sequence: sequence
    ).bytes
  }

  /// An increment that makes its register.
  private func making(_ name: String, _ sequence: UInt32) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(.increment, on: Self.u64), type: Self.u64, returns: .new, name: name,
      policy: .createOrConfirm, sequence: sequence)
  }

  private func quiet(_ frame: [UInt8]) -> [UInt8] {
    var frame = frame
    frame[1] |= FrameFlag.quiet
    return frame
  }

  /// The frames of an answer.
  private func frames(_ bytes: [UInt8]) -> [(header: FrameHeader, body: [UInt8])] {
    var frames: [(FrameHeader, [UInt8])] = []
    var offset = 0
    while offset < bytes.count {
      let header = FrameHeader(
        bytes.span.littleEndian64(at: offset), bytes.span.littleEndian64(at: offset + 8))
      let end = offset + 16 + Int(header.bodyByteCount)
      frames.append((header, Array(bytes[(offset + 16)..<end])))
      offset = end
    }
    return frames
  }

  private func use(
    configured configuration: ServerConfiguration = ServerConfiguration(arenaPath: ""),
    maximumFrame: UInt32 = 1 << 20, _ body: (Faces, BinaryPeer, RegisterReference) throws -> Void
  ) throws {
    try Faces.use(configured: configuration) { faces in
      let register = try faces.create("r", "u64", "0")
      let peer = BinaryPeer(faces, greets: false)
      _ = peer.send(Hello(maximumFrame: maximumFrame).bytes)
      _ = try peer.reply(to: ControlFrame.open(name: "r", sequence: 1))
      try body(faces, peer, register)
    }
  }

  @Test("the answer is the operations' replies, without those that are quiet")
  func answer() throws {
    try use { faces, peer, register in
      let elements =
        try increment(1) + quiet(increment(2, returns: .nothing)) + increment(3, handle: 8)
        + making("made", 4) + increment(5)
      let expected =
        try peer.send(increment(1)).answer + peer.send(increment(3, handle: 8)).answer
        + peer.send(making("made-alone", 4)).answer
      _ = try faces.service.perform(AtomicRequest(.store, on: Self.u64), on: register)
      let (progress, answer) = peer.send(BatchFrame.frame(elements, sequence: 9))
      #expect(progress.next == .needInput)
      let all = frames(answer)
      #expect(all.count == 1)
      #expect(
        all[0].header
          == FrameHeader(
            opcode: 0x60, bodyByteCount: UInt32(all[0].body.count), sequence: 9,
            handleOrAuxiliary: 5))
      #expect(Array(all[0].body.prefix(expected.count)) == expected)
      let last = frames(all[0].body).last
      #expect(last?.header.sequence == 5 && last?.body == [3, 0, 0, 0, 0, 0, 0, 0])
      #expect(faces.value(register) == "3")
    }
  }

  @Test("a batch of nothing, and one that is all quiet, have an empty answer")
  func empty() throws {
    try use { faces, peer, register in
      for count in 0..<3 {
        let elements = try (0..<count).flatMap { _ in try quiet(increment(1, returns: .nothing)) }
        let reply = try peer.reply(to: BatchFrame.frame(elements, sequence: 9))
        #expect(reply.body.isEmpty && reply.header.handleOrAuxiliary == UInt32(count))
      }
      #expect(faces.value(register) == "3")
    }
  }

  @Test("with argument 1 the first failure is the last operation; MISMATCH is none")
  func stopping() throws {
    try use { faces, peer, register in
      let miss = OperationFrame.encode(
        try AtomicRequest(.compareExchangeStrong, on: Self.u64, operand: 1, expected: 99),
        type: Self.u64, returns: .old, handle: 0, sequence: 2
      ).bytes
      var overflow = OperationFrame.encode(
        try AtomicRequest(.sub, on: Self.u64, operand: 100), type: Self.u64, returns: .old,
        handle: 0, sequence: 3
      ).bytes
      overflow[3] |= OverflowPolicy.fail.rawValue << 6
      for wrong in [try increment(3, handle: 8), overflow] {
        let elements = try increment(1) + miss + wrong + increment(4) + increment(5)
        var reply = try peer.reply(
          to: BatchFrame.frame(elements, stopsAtFailure: true, sequence: 9))
        #expect(reply.header.handleOrAuxiliary == 3)
        #expect(frames(reply.body).map(\.header.sequence) == [1, 2, 3])
        reply = try peer.reply(to: BatchFrame.frame(elements, sequence: 9))
        #expect(reply.header.handleOrAuxiliary == 5)
        #expect(frames(reply.body).map(\.header.sequence) == [1, 2, 3, 4, 5])
      }
      #expect(faces.value(register) == "8")
    }
  }

  @Test("a batch of another shape, or with too many operations, applies nothing")
  func shapes() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.batchOperations = 3
    try use(configured: configuration) { faces, peer, register in
      let one = try increment(1)
      let nop = ControlFrame.request(.nop, sequence: 1)
      for (status, body) in [
        (.badOperand, one + nop), (.badOperand, one + BatchFrame.frame([], sequence: 1)),
        (.badOperand, one + one.prefix(8)), (.limit, one + one + one + one),
      ] as [(Status, [UInt8])] {
        let (progress, answer) = peer.send(BatchFrame.frame(body, sequence: 9))
        #expect(progress.next == .needInput && answer[2] == status.rawValue)
        #expect(faces.value(register) == "0")
      }
      var frame = BatchFrame.frame(one, sequence: 9)
      frame[7] = 2
      #expect(try peer.status(of: frame) == .badOperand)
      #expect(try peer.status(of: BatchFrame.frame(one + one + one, sequence: 9)) == .ok)
      #expect(faces.value(register) == "3")
    }
  }

  @Test("an answer that is longer than the client's frames comes in several")
  func more() throws {
    try use(maximumFrame: 4096) { faces, peer, register in
      let count = 1000
      let elements = try (0..<count).flatMap { index in
        try index % 3 == 0 ? increment(UInt32(index), handle: 9) : increment(UInt32(index))
      }
      let all = frames(peer.send(BatchFrame.frame(elements, sequence: 9)).answer)
      #expect(all.count > 10)
      #expect(all.allSatisfy { $0.body.count <= 4096 && $0.header.sequence == 9 })
      #expect(all.dropLast().allSatisfy { $0.header.flags == ReplyFlag.more })
      #expect(all.last?.header.flags == 0)
      let counts = all.map(\.header.handleOrAuxiliary)
      #expect(counts == counts.sorted() && counts.last == UInt32(count))
      let replies = frames(all.flatMap(\.body))
      #expect(replies.map(\.header.sequence) == (0..<UInt32(count)).map { $0 })
      #expect(faces.value(register) == "666")
    }
  }

  /// A batch that takes several turns, and what it leaves.
  private func dear(_ count: Int) throws -> [UInt8] {
    BatchFrame.frame(
      try (0..<count).flatMap { try making("made-\($0)", UInt32($0)) }, sequence: 9)
  }

  @Test("a dear batch lets others have their turn, and goes on before anything behind it")
  func turns() throws {
    try use { faces, peer, register in
      let count = 3 * ExecutionBudget.turn / ExecutionBudget.create
      let batch = try dear(count)
      var input = batch + ControlFrame.request(.nop, sequence: 10)
      var (answer, turns) = ([UInt8](), 0)
      repeat {
        let (progress, part) = peer.send(input)
        input.removeFirst(progress.consumed)
        answer += part
        turns += 1
        #expect(part.count < 20_000)
        if progress.next == .needInput { break }
        #expect(progress.next == .yield)
      } while turns < 100
      #expect(turns > 3)
      let all = frames(answer)
      #expect(all.last?.header.opcode == 0 && all.last?.header.sequence == 10)
      let replies = frames(all.dropLast().flatMap(\.body))
      #expect(replies.count == count)
      #expect(replies.allSatisfy { $0.header.flags == ReplyFlag.created && $0.body[0] == 1 })
      // Split the same, whatever else the turn had to do.
      let again = BinaryPeer(faces)
      for name in 0..<count { try faces.service.delete("made-\(name)".utf8.span) }
      let before = (0..<3000).flatMap { _ in ControlFrame.request(.pong, sequence: 1) }
      var rest = before + batch
      var second: [UInt8] = []
      while true {
        let (progress, part) = again.send(rest)
        rest.removeFirst(progress.consumed)
        second += part
        if progress.next == .needInput { break }
      }
      #expect(second == Array(answer.dropLast(16)))
    }
  }

  @Test("a batch that has begun is finished when its client is gone, or the server goes")
  func unheard() throws {
    let count = 3 * ExecutionBudget.turn / ExecutionBudget.create
    for isServerGoing in [false, true] {
      try use { faces, peer, register in
        #expect(peer.send(try dear(count)).progress.next == .yield)
        #expect(throws: ServiceError.notFound) {
          try faces.service.find("made-\(count - 1)".utf8.span)
        }
        if isServerGoing {
          var output = OutputBuffer()
          peer.session.farewell(into: &output)
          let bytes = output.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
          let all = frames(bytes)
          #expect(all.last?.header.opcode == Opcode.goAway.rawValue)
          #expect(all.dropLast().last?.header.handleOrAuxiliary == UInt32(count))
        } else {
          while !peer.session.continueBatchUnheard() {}
        }
        let last = try faces.service.find("made-\(count - 1)".utf8.span)
        #expect(faces.value(last) == "1" && peer.session.batch == nil)
      }
    }
  }

  @Test("a slow reader has the rest of its batch wait")
  func slowReader() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces, highWater: 1000)
      let batch = try dear(3 * ExecutionBudget.turn / ExecutionBudget.create)
      #expect(peer.send(batch).progress.next == .yield)
      var output = OutputBuffer(highWater: 1)
      output.append(word: 0)
      let nothing: [UInt8] = []
      let progress = peer.session.process(nothing.span, into: &output)
      #expect(progress == StreamProgress(consumed: 0, next: .yield))
      #expect(output.count == 8)
    }
  }
}
