// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import SharedArena
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Waits over one connection: when they are answered, and with what.
@Suite struct BinarySessionWaitsTests {
  static let u64 = RegisterType(name: "u64")!

  /// The frames in `bytes`.
  static func frames(_ bytes: [UInt8]) -> [(header: FrameHeader, body: [UInt8])] {
    var frames: [(header: FrameHeader, body: [UInt8])] = []
    var offset = 0
    while offset + 16 <= bytes.count {
      let header = FrameHeader(
        bytes.span.littleEndian64(at: offset), bytes.span.littleEndian64(at: offset + 8))
      let end = offset + 16 + Int(header.bodyByteCount)
      frames.append((header, Array(bytes[(offset + 16)..<end])))
      offset = end
    }
    return frames
  }

  /// What the session says when the hub has done its work.
  static func news(_ faces: Faces, _ peer: BinaryPeer) -> [(header: FrameHeader, body: [UInt8])] {
    while faces.hub.process(now: Deadline.now.nanoseconds) {}
    return frames(peer.send([]).answer)
  }

  static func open(_ peer: BinaryPeer, _ name: String, _ type: RegisterType = u64) throws -> UInt32
  {
    let reply = try peer.reply(to: ControlFrame.open(name: name, creating: type, sequence: 9))
    return try ControlFrame.readOpened(header: reply.header, body: reply.body.span).handle
  }

  static func operate(
    _ operation: AtomicOperation, _ operand: UInt128 = 0, handle: UInt32, sequence: UInt32
  ) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(operation, on: u64, operand: operand), type: u64, returns: .nothing,
      handle: handle, sequence: sequence
    ).bytes
  }

  private func wait(
    _ predicate: ValuePredicate, _ operand: UInt128 = 0, _ timeout: UInt32, handle: UInt32,
    sequence: UInt32
  ) -> [UInt8] {
    WaitFrame(predicate, operand, timeoutMilliseconds: timeout).frame(
      type: Self.u64, handle: handle, sequence: sequence)
  }

  private func status(_ frame: (header: FrameHeader, body: [UInt8])?) -> Status? {
    frame.flatMap { Status(rawValue: $0.header.orderOrStatus) }
  }

  @Test("a wait blocks nothing behind it, and its answer comes by its number")
  func outOfOrder() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      let sent = try peer.send(
        wait(.greaterOrEqual, 2, 60_000, handle: handle, sequence: 1)
          + ControlFrame.request(.nop, sequence: 2)
          + Self.operate(.increment, handle: handle, sequence: 3))
      #expect(Self.frames(sent.answer).map(\.header.sequence) == [2, 3])
      #expect(Self.news(faces, peer).isEmpty)
      let more = try peer.send(Self.operate(.increment, handle: handle, sequence: 4))
      #expect(Self.frames(more.answer).map(\.header.sequence) == [4])
      let answers = Self.news(faces, peer)
      #expect(answers.map(\.header.sequence) == [1] && status(answers.first) == .ok)
      #expect(answers.first?.header.opcode == 0x50 && answers.first?.header.type == Self.u64.code)
      #expect(answers.first?.body == [2, 0, 0, 0, 0, 0, 0, 0])
      // The number can be used again.
      let again = peer.send(wait(.equal, 2, 0, handle: handle, sequence: 1))
      #expect(Self.frames(again.answer).map(\.header.sequence) == [1])
    }
  }

  @Test("timeout 0 looks once; by name and by handle; of a register that is not there, NOT_FOUND")
  func once() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      try faces.create("n", "u64", "7")
      let frame = WaitFrame(.less, 7, timeoutMilliseconds: 0)
      let reply = try peer.reply(to: frame.frame(type: Self.u64, name: "n", sequence: 3))
      #expect(reply.header.orderOrStatus == Status.timeout.rawValue)
      #expect(reply.body == [7, 0, 0, 0, 0, 0, 0, 0])
      #expect(
        try peer.status(of: frame.frame(type: Self.u64, name: "m", sequence: 3)) == .notFound)
      #expect(
        try peer.status(of: frame.frame(type: Self.u64, handle: 5, sequence: 3)) == .notFound)
    }
  }

  @Test("a cancelled wait answers before the CANCEL does; another one is NOT_FOUND")
  func cancel() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      let sent = peer.send(
        wait(.equal, 5, WaitFrame.withoutLimit, handle: handle, sequence: 1)
          + CancelFrame(wait: 1).frame(sequence: 2) + CancelFrame(wait: 1).frame(sequence: 3))
      let frames = Self.frames(sent.answer)
      #expect(frames.map(\.header.sequence) == [1, 2, 3])
      #expect(frames.map { status($0) } == [.cancelled, .ok, .notFound])
    }
  }

  @Test("an open wait's number is taken; a wait more than the limit is refused")
  func limits() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.waits = 2
    try Faces.use(configured: configuration) { faces in
      #expect(faces.context.welcome.inFlightLimit == 2)
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      #expect(peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: 1)).answer.isEmpty)
      #expect(
        try peer.status(of: wait(.equal, 5, 60_000, handle: handle, sequence: 1)) == .badOperand)
      #expect(peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: 2)).answer.isEmpty)
      #expect(try peer.status(of: wait(.equal, 5, 60_000, handle: handle, sequence: 3)) == .limit)
      _ = peer.send(CancelFrame(wait: 1).frame(sequence: 4))
      #expect(peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: 3)).answer.isEmpty)
    }
  }

  @Test("WAIT_THEN answers what its operation answers, and a deletion ends it with GONE")
  func waitThen() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "permits")
      let take = WaitFrame(
        .greaterOrEqual, 1, timeoutMilliseconds: 60_000,
        then: try AtomicRequest(.sub, on: Self.u64, operand: 1), returns: .new)
      #expect(peer.send(take.frame(type: Self.u64, handle: handle, sequence: 1)).answer.isEmpty)
      _ = peer.send(take.frame(type: Self.u64, handle: handle, sequence: 2))
      _ = peer.send(try Self.operate(.increment, handle: handle, sequence: 3))
      let served = Self.news(faces, peer)
      #expect(served.map(\.header.sequence) == [1] && status(served.first) == .ok)
      #expect(served.first?.header.opcode == 0x51)
      #expect(served.first?.body == [UInt8](repeating: 0, count: 8))
      #expect(try faces.service.load(faces.service.find(Array("permits".utf8).span)) == 0)
      _ = peer.send(ControlFrame.request(.delete, name: "permits", sequence: 4))
      let gone = Self.news(faces, peer)
      #expect(gone.map(\.header.sequence) == [2] && status(gone.first) == .gone)
    }
  }

  @Test("at the end of the server each wait is answered; at the end of the connection none is left")
  func ends() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      for sequence in 1...3 as ClosedRange<UInt32> {
        _ = peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: sequence))
      }
      var output = OutputBuffer()
      peer.session.endWaits(into: &output)
      let answers = Self.frames(output.withBytes { bytes in bytes.indices.map { bytes[$0] } })
      #expect(Set(answers.map(\.header.sequence)) == [1, 2, 3])
      #expect(answers.allSatisfy { status($0) == .shuttingDown })
      _ = peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: 4))
      #expect(faces.service.isWatching)
      peer.session.closeWaits()
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(!faces.service.isWatching && faces.hub.watchedCount == 0)
    }
  }

  @Test("the end of the input gives up what nobody may be there to hear of, and waits for the rest")
  func halfClosed() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      let take = WaitFrame(
        .greaterOrEqual, 1, timeoutMilliseconds: 60_000,
        then: try AtomicRequest(.sub, on: Self.u64, operand: 1), returns: .nothing)
      let end = peer.send(
        wait(.equal, 1, 60_000, handle: handle, sequence: 1)
          + wait(.equal, 1, WaitFrame.withoutLimit, handle: handle, sequence: 2)
          + take.frame(type: Self.u64, handle: handle, sequence: 3), endOfInput: true)
      #expect(end.progress.next == .wait)
      let given = Self.frames(end.answer)
      #expect(Set(given.map(\.header.sequence)) == [2, 3])
      #expect(given.allSatisfy { status($0) == .cancelled })
      let register = try faces.service.find(Array("n".utf8).span)
      _ = try faces.service.perform(AtomicRequest(.increment, on: Self.u64), on: register)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      let last = peer.send([], endOfInput: true)
      #expect(last.progress.next == .needInput)
      #expect(Self.frames(last.answer).map(\.header.sequence) == [1])
      #expect(faces.value(register) == "1")
    }
  }

  @Test("answers wait while the client does not read, and none is lost")
  func full() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces, highWater: 64)
      let handle = try Self.open(peer, "n")
      for sequence in 1...10 as ClosedRange<UInt32> {
        _ = peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: sequence))
      }
      let register = try faces.service.find(Array("n".utf8).span)
      _ = try faces.service.perform(
        AtomicRequest(.store, on: Self.u64, operand: 5), on: register)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      var numbers: [UInt32] = []
      for turn in 0..<10 {
        let (progress, answer) = peer.send([])
        numbers += Self.frames(answer).map(\.header.sequence)
        #expect(progress.next == (numbers.count < 10 ? .yield : .needInput), "turn \(turn)")
        if numbers.count == 10 { break }
      }
      #expect(numbers == Array(1...10))
    }
  }

  @Test("NOTIFY has those look whom a silent writer passed by")
  func notify() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try Self.open(peer, "n")
      _ = peer.send(wait(.equal, 5, 60_000, handle: handle, sequence: 1))
      #expect(Self.news(faces, peer).isEmpty)
      let found = try #require(faces.arena.find(named: "n"))
      faces.arena.cell(of: found)?.store(5)
      let frame = ControlFrame.request(.notify, handle: handle, sequence: 2)
      #expect(try peer.status(of: frame) == .ok)
      #expect(Self.news(faces, peer).map(\.header.sequence) == [1])
      let named = ControlFrame.request(.notify, name: "n", sequence: 3)
      #expect(try peer.status(of: named) == .ok)
      for (offset, byte) in [(1, 4), (2, 1), (3, 3), (7, 1)] as [(Int, UInt8)] {
        var wrong = frame
        wrong[offset] = byte
        #expect(try peer.status(of: wrong) != .ok, "byte \(offset)")
      }
    }
  }
}
