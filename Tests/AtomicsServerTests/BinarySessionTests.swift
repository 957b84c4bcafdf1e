// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

@Suite struct BinarySessionTests {
  private static let u64 = RegisterType(name: "u64")!

  private func open(_ peer: BinaryPeer, _ name: String, _ type: RegisterType? = nil) throws
    -> UInt32
  {
    let reply = try peer.reply(to: ControlFrame.open(name: name, creating: type, sequence: 9))
    return try ControlFrame.readOpened(header: reply.header, body: reply.body.span).handle
  }

  private func increment(_ handle: UInt32, _ sequence: UInt32 = 1) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(.increment, on: Self.u64), type: Self.u64, returns: .new, handle: handle,
      sequence: sequence
    ).bytes
  }

  @Test("the greeting arrives whole or byte by byte and is answered once")
  func greeting() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces, greets: false)
      let hello = Hello().bytes
      for count in 0..<hello.count {
        let (progress, answer) = peer.send(Array(hello[..<count]))
        #expect(progress == StreamProgress(consumed: 0, next: .needInput) && answer.isEmpty)
      }
      let (progress, answer) = peer.send(hello)
      #expect(progress == StreamProgress(consumed: 32, next: .needInput))
      let welcome = try #require(try Welcome.decode(answer.span))
      #expect(welcome.0 == faces.context.welcome)
      #expect(welcome.byteCount == answer.count)
    }
  }

  @Test("a foreign version is told so and closed; so are reserved bits and foreign bytes")
  func badGreeting() throws {
    try Faces.use { faces in
      var peer = BinaryPeer(faces, greets: false)
      let future = peer.send(Hello(lowestVersion: 2, highestVersion: 9).bytes)
      #expect(future.progress.next == .close)
      let decoded = try #require(try Welcome.decode(future.answer.span))
      #expect(decoded.0.status == .version)
      peer = BinaryPeer(faces, greets: false)
      let reversed = peer.send(Hello(lowestVersion: 1, highestVersion: 0).bytes)
      #expect(reversed.progress.next == .close)
      for (offset, value) in [(1, 0x42), (6, 2), (7, 1), (16, 1), (12, 1), (13, 0x80)]
        as [(Int, UInt8)]
      {
        peer = BinaryPeer(faces, greets: false)
        var hello = Hello().bytes
        hello[offset] = value
        let (progress, answer) = peer.send(hello)
        #expect(progress.next == .close, "byte \(offset)")
        #expect(answer.first == Opcode.goAway.rawValue, "byte \(offset)")
      }
    }
  }

  @Test("each vector by handle and by name answers its frame and leaves its value")
  func vectors() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      var handles: [String: UInt32] = [:]
      for vector in Vectors.all {
        guard var frame = vector.requestBytes, let expected = vector.replyBytes else { continue }
        let name = "r-\(vector.type)"
        let register = try faces.create(name, vector.type)
        let handle = try handles[vector.type] ?? open(peer, name)
        handles[vector.type] = handle
        let initial = try AtomicRequest(
          .store, on: register.type, operand: vector.bits(vector.initial))
        _ = try faces.service.perform(initial, on: register)
        frame.replaceSubrange(12..<16, with: [UInt8(handle), 0, 0, 0])
        #expect(peer.send(frame).answer == expected, "\(vector)")
        #expect(faces.value(register) == vector.final, "\(vector)")
        guard vector.isAccepted else { continue }

        _ = try faces.service.perform(initial, on: register)
        let block = NameBlock.bytes(name)
        let length = UInt8(frame.count - 16 + block.count)
        let byName =
          [frame[0], FrameFlag.name | frame[1]] + frame[2..<4] + [length] + frame[5..<12]
          + [0xFF, 0xFF, 0xFF, 0xFF] + block + frame[16...]
        #expect(peer.send(byName).answer == expected, "by name: \(vector)")
        #expect(faces.value(register) == vector.final, "by name: \(vector)")
      }
    }
  }

  @Test("pipelined frames are answered in order, also when cut anywhere")
  func pipelining() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try open(peer, "hits", Self.u64)
      let frames = try (1...20).flatMap { try increment(handle, UInt32($0)) }
      let cut = 5 * 16 + 7
      let first = peer.send(Array(frames[..<cut]))
      #expect(first.progress == StreamProgress(consumed: 80, next: .needInput))
      let second = peer.send(Array(frames[80...]))
      let answers = first.answer + second.answer
      for index in 0..<20 {
        #expect(answers.span.littleEndian32(at: 24 * index + 8) == UInt32(index + 1))
        #expect(answers.span.littleEndian64(at: 24 * index + 16) == UInt64(index + 1))
      }
    }
  }

  @Test("wrong frames get their status, and the connection lives")
  func refusals() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let handle = try open(peer, "hits", Self.u64)
      let good = try increment(handle)
      func with(_ changes: [(Int, UInt8)]) -> [UInt8] {
        var frame = good
        for (offset, value) in changes { frame[offset] = value }
        return frame
      }
      let wrong: [(Status, [UInt8])] = [
        (.unsupported, with([(0, 0x7E)])), (.unsupported, with([(0, 0xE3)])),
        (.unsupported, with([(1, 0x04)])), (.unsupported, with([(1, 0x80)])),
        (.badOperand, with([(1, 0x01)])),
        (.badOrder, with([(2, 0x81)])), (.badOrder, with([(2, 0x87)])),
        (.badOrder, with([(2, 0x80 | 1 << 3)])), (.badOperand, with([(2, 0xC5)])),
        (.badOperand, with([(3, 0xC3)])), (.badOperand, with([(1, 0x40)])),
        (.typeMismatch, with([(3, 0x02)])),
        (.typeMismatch, with([(3, 0x0B)])), (.badOperand, with([(3, 0x05)])),
        (.badOperand, with([(7, 1)])), (.badOperand, with([(4, 8)]) + [0, 0, 0, 0, 0, 0, 0, 0]),
        (.notFound, with([(12, 0x77)])),
        (.badFrame, with([(1, 0x02), (12, 0xFF), (13, 0xFF), (14, 0xFF), (15, 0xFF)])),
      ]
      for (status, frame) in wrong.dropLast() {
        #expect(try peer.status(of: frame) == status, "\(frame)")
        #expect(peer.send(good).progress.next == .needInput)
      }
      let (progress, answer) = peer.send(wrong[wrong.count - 1].1)
      #expect(progress.next == .close && answer[2] == Status.badFrame.rawValue)
    }
  }

  @Test("what a control frame does not use is zero")
  func reserved() throws {
    try Faces.use { faces in
      try faces.create("hits", "u64")
      let peer = BinaryPeer(faces, as: Peer(user: 0, mapsArena: true))
      let frames: [(Opcode, [UInt8])] = [
        (.nop, ControlFrame.request(.nop, sequence: 1)),
        (.ping, ControlFrame.ping([], sequence: 1)),
        (.list, ListFrame().frame(sequence: 1)),
        (.deleteOwned, DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1)),
        (.pin, ControlFrame.request(.pin, name: "hits", sequence: 1)),
        (.stat, ControlFrame.request(.stat, name: "hits", sequence: 1)),
        (.delete, ControlFrame.request(.delete, name: "hits", sequence: 1)),
        (.close, ControlFrame.request(.close, handle: try open(peer, "hits"), sequence: 1)),
        (.open, ControlFrame.open(name: "hits", sequence: 1)),
      ]
      for (opcode, frame) in frames {
        var offsets = [2, 7]
        if opcode != .open { offsets.append(3) }
        if [.nop, .ping, .list, .deleteOwned].contains(opcode) { offsets += [12, 15] }
        for offset in offsets {
          var wrong = frame
          wrong[offset] = 1
          #expect(try peer.status(of: wrong) == .badOperand, "\(opcode), byte \(offset)")
        }
      }
      for (opcode, frame) in frames where opcode != .delete {
        #expect(try peer.status(of: frame) == .ok, "\(opcode)")
      }
    }
  }

  @Test("OPEN takes a type byte as operations do")
  func openedType() throws {
    try Faces.use { faces in
      try faces.create("hits", "u64")
      let peer = BinaryPeer(faces)
      for (type, status) in [
        (0x3F, Status.ok), (0x03, .ok), (0x07, .ok), (0x3B, .ok), (0x0B, .typeMismatch),
        (0x02, .typeMismatch), (0x05, .badOperand), (0x25, .badOperand), (0x43, .badOperand),
      ] as [(UInt8, Status)] {
        var frame = ControlFrame.open(name: "hits", sequence: 1)
        frame[3] = type
        #expect(try peer.status(of: frame) == status, "\(type)")
      }
    }
  }

  @Test("a length that cannot be is told and closes the connection", arguments: [1, 12, 1 << 23])
  func badLength(length: Int) throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let header = FrameHeader(
        opcode: 0x42, bodyByteCount: UInt32(length), sequence: 3, handleOrAuxiliary: 0)
      let frame = FrameWords(header).bytes
      let (progress, answer) = peer.send(frame)
      #expect(progress.next == .close)
      #expect(answer[2] == Status.badFrame.rawValue)
    }
  }

  @Test("names: create, confirm, refuse another type, delete, gone")
  func names() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      func create(_ type: String, exclusively: Bool = false, name: String = "n") throws -> Status? {
        try peer.status(
          of: CreateFrame(
            name: name, type: RegisterType(name: type)!, isExclusive: exclusively, initial: 4
          ).frame(sequence: 1))
      }
      #expect(try create("u64") == .ok)
      #expect(try create("u64") == .ok)
      #expect(try create("u32") == .typeMismatch)
      #expect(try create("u64", exclusively: true) == .exists)
      #expect(try create("u64", name: "a//b") == .badName)
      #expect(try create("u64", name: String(repeating: "n", count: 129)) == .badName)
      let handle = try open(peer, "n")
      #expect(try peer.status(of: try increment(handle)) == .ok)
      let delete = ControlFrame.request(.delete, name: "n", sequence: 1)
      #expect(try peer.status(of: delete) == .ok)
      #expect(try peer.status(of: delete) == .notFound)
      #expect(try peer.status(of: try increment(handle)) == .gone)
      // Made anew, the old handle is not bound to it.
      #expect(try create("u64") == .ok)
      #expect(try peer.status(of: try increment(handle)) == .gone)
    }
  }

  @Test("handles are bounded, given back and given out again")
  func handles() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.handles = 2
    try Faces.use(configured: configuration) { faces in
      let peer = BinaryPeer(faces)
      let first = try open(peer, "a", Self.u64)
      _ = try open(peer, "b", Self.u64)
      let third = ControlFrame.open(name: "a", sequence: 1)
      #expect(try peer.status(of: third) == .limit)
      let close = ControlFrame.request(.close, handle: first, sequence: 1)
      #expect(try peer.status(of: close) == .ok)
      #expect(try peer.status(of: close) == .notFound)
      #expect(try peer.status(of: third) == .ok)
    }
  }

  @Test("LIST pages through all, STAT tells everything, PING echoes")
  func control() throws {
    try Faces.use { faces in
      for index in 0..<5 { try faces.create("l\(index)", "u16", "\(index)") }
      let peer = BinaryPeer(faces)
      var names: [String] = []
      var cursor: UInt64 = 0
      repeat {
        let frame = ListFrame(cursor: cursor, limit: 2, prefix: Array("l".utf8))
        let reply = try peer.reply(to: frame.frame(sequence: 1))
        let page = try ListReply(header: reply.header, body: reply.body.span)
        names += page.entries.map(\.name)
        cursor = page.next
      } while cursor != 0
      #expect(names == (0..<5).map { "l\($0)" })
      let reply = try peer.reply(to: ControlFrame.request(.stat, name: "l3", sequence: 1))
      let stat = try StatReply(header: reply.header, body: reply.body.span)
      #expect((stat.name, stat.value, stat.type.name) == ("l3", 3, "u16"))
      let ping = try peer.reply(to: ControlFrame.ping([1, 2, 3, 4, 5, 6, 7, 8], sequence: 5))
      #expect(ping.body == [1, 2, 3, 4, 5, 6, 7, 8])
      let long = ControlFrame.ping([UInt8](repeating: 0, count: 72), sequence: 5)
      #expect(try peer.status(of: long) == .badOperand)
    }
  }

  @Test("execution stops at the output mark and at the turn's budget, and goes on from there")
  func backPressure() throws {
    try Faces.use { faces in
      let full = BinaryPeer(faces, highWater: 100)
      let handle = try open(full, "hits", Self.u64)
      let frames = try (0..<50).flatMap { _ in try increment(handle) }
      let (progress, answer) = full.send(frames)
      // Each reply is 24 bytes: the fifth one passes the mark.
      #expect(progress == StreamProgress(consumed: 5 * 16, next: .yield))
      #expect(answer.count == 5 * 24)

      let busy = BinaryPeer(faces)
      let other = try open(busy, "hits")
      let many = try (0..<(ExecutionBudget.turn + 10)).flatMap { _ in try increment(other) }
      let (first, _) = busy.send(many)
      #expect(first == StreamProgress(consumed: ExecutionBudget.turn * 16, next: .yield))
      let (rest, _) = busy.send(Array(many[first.consumed...]))
      #expect(rest == StreamProgress(consumed: 160, next: .needInput))
    }
  }

  @Test("no bytes make a session trap")
  func noise() throws {
    try Faces.use { faces in
      try faces.create("r", "u128")
      var generator = SeededGenerator(seed: 7)
      for _ in 0..<2000 {
        let peer = BinaryPeer(faces)
        _ = try open(peer, "r")
        var bytes = (0..<Int.random(in: 0...96, using: &generator)).map { _ in
          UInt8.random(in: .min ... .max, using: &generator)
        }
        // Half of them look like frames, so that the noise gets further than the length.
        if bytes.count >= 16, Bool.random(using: &generator) {
          bytes[0] = [0x10, 0x12, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x23, 0x30, 0x40]
            .randomElement(
              using: &generator)!
          bytes[1] = Bool.random(using: &generator) ? 0 : 2
          bytes[4] = UInt8(bytes.count - 16) & 0xF8
          (bytes[5], bytes[6]) = (0, 0)
        }
        _ = peer.send(bytes)
      }
    }
  }
}
