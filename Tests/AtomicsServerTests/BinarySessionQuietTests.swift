// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Quiet requests, operations that make their register, and farewells.
@Suite struct BinarySessionQuietTests {
  private static let u64 = RegisterType(name: "u64")!

  private func frame(
    _ operation: AtomicOperation, _ operand: UInt128 = 0, returns: ReturnMode = .nothing,
    quiet: Bool = true, handle: UInt32 = 0, sequence: UInt32 = 1
  ) throws -> [UInt8] {
    var bytes = OperationFrame.encode(
      try AtomicRequest(operation, on: Self.u64, operand: operand), type: Self.u64,
      returns: returns, handle: handle, sequence: sequence
    ).bytes
    if quiet { bytes[1] |= FrameFlag.quiet }
    return bytes
  }

  private func named(
    _ operation: AtomicOperation, _ operand: UInt128 = 0, name: String = "new",
    type: String = "u64", policy: NamePolicy = .createOrConfirm, returns: ReturnMode = .old
  ) throws -> [UInt8] {
    let type = RegisterType(name: type)!
    return OperationFrame.encode(
      try AtomicRequest(operation, on: type, operand: operand), type: type, returns: returns,
      name: name, policy: policy, sequence: 3)
  }

  private func quiet(_ frame: [UInt8]) -> [UInt8] {
    var frame = frame
    frame[1] |= FrameFlag.quiet
    return frame
  }

  @Test("quiet operations that succeed are silent; NOP tells that they ran")
  func quietOperations() throws {
    try Faces.use { faces in
      let register = try faces.create("r", "u64", "0")
      let peer = BinaryPeer(faces)
      _ = peer.send(ControlFrame.open(name: "r", sequence: 1))
      let barrier = ControlFrame.request(.nop, sequence: 77)
      let frames =
        try frame(.add, 40) + frame(.increment) + frame(.bitTestSet) + frame(.store, 50) + barrier
      let (progress, answer) = peer.send(frames)
      #expect(progress.consumed == frames.count)
      #expect(answer == ControlFrame.request(.nop, sequence: 77))
      #expect(faces.value(register) == "50")
    }
  }

  @Test("quiet operations that do not succeed are answered")
  func quietRefusals() throws {
    try Faces.use { faces in
      try faces.create("r", "u64", "0")
      let peer = BinaryPeer(faces)
      _ = peer.send(ControlFrame.open(name: "r", sequence: 1))
      // Declined: the value found comes back.
      let miss = try peer.reply(to: frame(.decrementIfPositive))
      #expect(miss.header.orderOrStatus == Status.mismatch.rawValue && miss.body.count == 8)
      #expect(try peer.status(of: frame(.increment, handle: 9)) == .notFound)
      #expect(try peer.status(of: frame(.add, returns: .old)) == .badOperand)
      #expect(try peer.status(of: frame(.load, returns: .new)) == .badOperand)
      var overflow = try frame(.decrement)
      overflow[3] |= OverflowPolicy.fail.rawValue << 6
      #expect(try peer.status(of: overflow) == .overflow)
    }
  }

  @Test("CREATE, CLOSE and DELETE can be quiet, nothing else")
  func quietControl() throws {
    try Faces.use { (faces: Faces) throws in
      let peer = BinaryPeer(faces)
      let create = CreateFrame(name: "r", type: Self.u64, isExclusive: true).frame(sequence: 1)
      #expect(peer.send(quiet(create)).answer.isEmpty)
      #expect(try peer.status(of: quiet(create)) == .exists)
      #expect(try peer.status(of: ControlFrame.open(name: "r", sequence: 1)) == .ok)
      let close = ControlFrame.request(.close, flags: FrameFlag.quiet, handle: 0, sequence: 1)
      #expect(peer.send(close).answer.isEmpty)
      #expect(try peer.status(of: close) == .notFound)
      let delete = quiet(ControlFrame.request(.delete, name: "r", sequence: 1))
      #expect(peer.send(delete).answer.isEmpty)
      #expect(try peer.status(of: delete) == .notFound)
    }
  }

  @Test("an operation by name makes its register at zero, and says so")
  func createOnOperation() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let first = try peer.reply(to: named(.add, 5, returns: .new))
      #expect(first.header.flags == ReplyFlag.created && first.header.orderOrStatus == 0)
      #expect(first.body == [5, 0, 0, 0, 0, 0, 0, 0])
      let second = try peer.reply(to: named(.add, 2, returns: .new))
      #expect(second.header.flags == 0 && second.body[0] == 7)
      // Also where the operation then declines.
      let missed = try peer.reply(to: named(.decrementIfPositive, name: "zero", type: "i16"))
      #expect(missed.header.flags == ReplyFlag.created)
      #expect(missed.header.orderOrStatus == Status.mismatch.rawValue)
      #expect(try faces.service.find("zero".utf8.span).type.name == "i16")
      // And quietly.
      let silent = try quiet(named(.increment, name: "silent", returns: .nothing))
      #expect(peer.send(silent).answer.isEmpty)
      #expect(faces.value(try faces.service.find("silent".utf8.span)) == "1")
    }
  }

  @Test("nothing is made for an operation with anything wrong about it")
  func nothingMade() throws {
    try Faces.use { faces in
      let peer = BinaryPeer(faces)
      let good = try named(.add, 5, type: "u8")
      func with(_ offset: Int, _ value: UInt8) -> [UInt8] {
        var frame = good
        frame[offset] = value
        return frame
      }
      let value = good.count - 8
      for (status, frame) in [
        (.unsupported, with(1, 0x06)), (.badOrder, with(2, 0x41)), (.badOperand, with(2, 0xC5)),
        (.badOperand, with(3, 0x3F)), (.badOperand, with(3, 0x07)), (.badOperand, with(3, 0xC0)),
        (.unsupported, with(3, 0x10)), (.badOperand, with(7, 1)), (.badOperand, with(12, 0)),
        (.badOperand, with(18, 2)), (.badOperand, with(18, 3)), (.badOperand, with(20, 1)),
        (.badName, with(24, 0x20)), (.badOperand, with(value + 1, 1)),
      ] as [(Status, [UInt8])] {
        #expect(try peer.status(of: frame) == status, "\(frame)")
        #expect(throws: ServiceError.notFound) { try faces.service.find("new".utf8.span) }
      }
      try faces.create("new", "i8")
      #expect(try peer.status(of: good) == .typeMismatch)
      #expect(try peer.status(of: named(.add, 1, name: "other", policy: .mustExist)) == .notFound)
    }
  }

  @Test("a client that takes its leave gets what it is owed, and nothing after")
  func leaving() throws {
    try Faces.use { faces in
      let register = try faces.create("r", "u64", "0")
      let peer = BinaryPeer(faces)
      _ = peer.send(ControlFrame.open(name: "r", sequence: 1))
      let one = try frame(.increment, quiet: false)
      let leave = ControlFrame.request(.goAway, sequence: 2)
      let (progress, answer) = peer.send(one + leave + one)
      #expect(progress.next == .close && progress.consumed == 2 * one.count + leave.count)
      #expect(answer.count == 16 && faces.value(register) == "1")
    }
  }

  @Test("a leave with anything in it that is reserved is none")
  func wrongLeave() throws {
    try Faces.use { (faces: Faces) throws in
      let peer = BinaryPeer(faces)
      for offset in [1, 2, 3, 7, 12] {
        var leave = ControlFrame.request(.goAway, sequence: 2)
        leave[offset] = 4
        let (progress, answer) = peer.send(leave)
        #expect(progress.next == .needInput && answer[2] != 0, "\(offset)")
      }
      let long = [UInt8](
        frame: FrameHeader(opcode: 4, sequence: 1), body: [0, 0, 0, 0, 0, 0, 0, 0])
      #expect(try peer.status(of: long) == .badOperand)
    }
  }
}

extension [UInt8] {
  /// A frame of any shape.
  init(frame header: FrameHeader, body: [UInt8]) {
    var header = header
    header.bodyByteCount = UInt32(body.count)
    self = FrameWords(header).bytes + body
  }
}
