// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Frames that ask the same of one named register after another: nobody can tell from single ones.
@Suite struct BinarySessionNamesTests {
  private static let u64 = RegisterType(name: "u64")!

  private func frame(
    _ operation: AtomicOperation, _ type: RegisterType = u64, _ operand: UInt128 = 0,
    expected: UInt128 = 0, name: String, policy: NamePolicy = .mustExist,
    returns: ReturnMode = .nothing, asRegistered: Bool = false, sequence: UInt32 = 1
  ) throws -> [UInt8] {
    var bytes = OperationFrame.encode(
      try AtomicRequest(
        operation, on: type, order: operation == .load ? .acquiring : .releasing, operand: operand,
        expected: expected), type: type, returns: returns, name: name, policy: policy,
      sequence: sequence)
    if asRegistered { bytes[3] |= FrameHeader.typeAsRegistered }
    return bytes
  }

  private func statuses(_ answer: [UInt8]) -> [Status?] {
    var statuses: [Status?] = []
    var offset = 0
    while offset < answer.count {
      let header = FrameHeader(
        answer.span.littleEndian64(at: offset), answer.span.littleEndian64(at: offset + 8))
      statuses.append(Status(rawValue: header.orderOrStatus))
      offset += 16 + Int(header.bodyByteCount)
    }
    return statuses
  }

  @Test("a stream answers the same bytes in one piece as frame by frame, and leaves the same")
  func stream() throws {
    let operations: [AtomicOperation] = [.increment, .sub, .load, .exchange, .min, .or, .addUnless]
    // Of every length up to a few words, and the longest.
    let tails =
      (0..<20).map { String(repeating: "n", count: $0) } + [
        String(repeating: "n", count: 120)
      ]
    try Faces.use { faces in
      var generator = SeededGenerator(seed: 6)
      for name in ["u8", "i16", "u64", "i64"] {
        let type = RegisterType(name: name)!
        let other = RegisterType(name: name == "u8" ? "u64" : "u8")!
        let created = try ["w", "s"].map { side in
          try tails.enumerated().map { index, tail in
            // Now and then one of another type.
            try faces.create("\(name)\(side)\(tail)", index % 7 == 6 ? other.name : name)
          }
        }
        let (whole, single) = (BinaryPeer(faces), BinaryPeer(faces))
        for _ in 0..<40 {
          let operation = operations.randomElement(using: &generator)!
          let returns: ReturnMode =
            operation.row.hasFetchForms
            ? [.nothing, .old, .new].randomElement(using: &generator)!
            : operation == .addUnless ? .nothing : .old
          let asRegistered = generator.next() % 2 == 0
          let frames = try (0..<100).map { sequence in
            // Now and then something else comes between, and one that nobody made.
            let operation = generator.next() % 16 == 0 ? .increment : operation
            let tail = generator.next() % 16 == 0 ? "-" : tails.randomElement(using: &generator)!
            let operand =
              operation.row.operands == .none ? 0 : UInt128(generator.next()) & type.width.mask
            let unless = operation == .addUnless ? UInt128(generator.next() & 1) : 0
            return try ["w", "s"].map { side in
              try frame(
                operation, type, operand, expected: unless, name: "\(name)\(side)\(tail)",
                returns: returns, asRegistered: asRegistered, sequence: UInt32(sequence))
            }
          }
          var expected = frames.flatMap { single.send($0[1]).answer }
          var answer = whole.send(frames.flatMap { $0[0] }).answer
          // The rest is another turn's.
          for _ in 0..<20 where statuses(answer).count < frames.count {
            let done = statuses(answer).count
            answer += whole.send(frames.dropFirst(done).flatMap { $0[0] }).answer
          }
          // What is wrong is told with the name.
          let (own, others) = (Array("\(name)w".utf8), Array("\(name)s".utf8))
          for bytes in [own, others] {
            answer = Self.masked(answer, bytes)
            expected = Self.masked(expected, bytes)
          }
          #expect(answer == expected)
          #expect(created[0].map(faces.value) == created[1].map(faces.value))
        }
      }
    }
  }

  private static func masked(_ bytes: [UInt8], _ name: [UInt8]) -> [UInt8] {
    var masked = bytes
    guard bytes.count >= name.count else { return bytes }
    for start in 0...bytes.count - name.count
    where bytes[start..<start + name.count].elementsEqual(name) {
      masked[start + name.count - 1] = 0
    }
    return masked
  }

  @Test("a name that is deleted and made again within a stream is the new register from there on")
  func madeAgain() throws {
    try Faces.use { faces in
      for name in ["a", "b"] { try faces.create(name, "u64") }
      let peer = BinaryPeer(faces)
      func increments(_ asRegistered: Bool) throws -> [UInt8] {
        try ["a", "b", "a"].flatMap {
          try frame(.increment, name: $0, returns: .new, asRegistered: asRegistered)
        }
      }
      let delete = ControlFrame.request(.delete, name: "a", sequence: 1)
      for (type, status) in [("u64", Status.ok), ("u8", .typeMismatch)] {
        let create = CreateFrame(
          name: "a", type: RegisterType(name: type)!, initial: 100
        ).frame(sequence: 1)
        let answer = peer.send(try increments(false) + delete + create + increments(false)).answer
        #expect(
          statuses(answer) == [.ok, .ok, .ok, .ok, .ok, status, .ok, status], "as \(type)")
        // By whatever name it has been since.
        let found = try faces.service.find("a".utf8.span)
        #expect(faces.value(found) == (status == .ok ? "102" : "100"))
      }
      #expect(statuses(peer.send(try increments(true)).answer) == [.ok, .ok, .ok])
      #expect(faces.value(try faces.service.find("a".utf8.span)) == "102")
    }
  }

  @Test("a missing name is made where the frame says so, by itself")
  func making() throws {
    try Faces.use { faces in
      try faces.create("a", "u64")
      let peer = BinaryPeer(faces)
      let frames = try ["a", "b", "a", "b"].flatMap {
        try frame(.increment, name: $0, policy: .createOrConfirm)
      }
      let answer = peer.send(frames).answer
      #expect(statuses(answer) == [.ok, .ok, .ok, .ok])
      #expect((0..<4).map { answer[$0 * 16 + 1] } == [0, ReplyFlag.created, 0, 0])
      let typeless = try (0..<2).flatMap { _ in
        try frame(.increment, name: "a", policy: .createOrConfirm, asRegistered: true)
      }
      #expect(statuses(peer.send(typeless).answer) == [.badOperand, .badOperand])
    }
  }

  @Test("rights are those of the rules in force, name by name")
  func rights() throws {
    let before = TokenRules([("p", "", .all)])
    try Faces.use(configured: before.configuration) { faces in
      for name in ["a.n", "b.n"] { try faces.create(name, "u64") }
      let control = faces.context.authenticator.control
      let peer = try BinaryPeer.greeting(faces, "p")
      func send(_ operation: AtomicOperation) throws -> [Status?] {
        statuses(
          peer.send(try ["a.n", "b.n", "a.n"].flatMap { try frame(operation, name: $0) }).answer)
      }
      #expect(try send(.increment) == [.ok, .ok, .ok])
      control.replace(with: TokenRules([("p", "", .read), ("p", "b.", .operate)]).rules)
      #expect(try send(.increment) == [.denied, .ok, .denied])
      #expect(try send(.load) == [.ok, .ok, .ok])
      control.replace(with: TokenRules([("p", "a.", [.read, .operate])]).rules)
      #expect(try send(.increment) == [.ok, .denied, .ok])
      #expect(faces.value(try faces.service.find("b.n".utf8.span)) == "2")
    }
  }

  @Test("registers with a restore gap are stopped where each single operation would be")
  func restoreGap() throws {
    try Faces.use(takingSnapshots: true) { faces in
      try faces.create("plain", "u64")
      _ = try faces.service.create(
        RegisterDefinition(name: "bounded", type: Self.u64, ownerUser: 0, restoreGap: 10))
      let frames = try ["plain", "bounded", "plain"].flatMap { try frame(.increment, name: $0) }
      #expect(statuses(BinaryPeer(faces).send(frames).answer) == [.ok, .beyondGap, .ok])
    }
  }

  @Test("what is no frame for its register ends the connection, once those before it are answered")
  func badFrame() throws {
    try Faces.use { faces in
      let register = try faces.create("small", "u64")
      try faces.create("wide", "u128")
      let frames = try ["small", "small", "wide", "small"].map {
        try frame(.add, Self.u64, 1, name: $0, asRegistered: true)
      }
      let single = BinaryPeer(faces)
      let alone = single.send(frames[2])
      let (progress, answer) = BinaryPeer(faces).send(frames.flatMap { $0 })
      #expect(progress.next == alone.progress.next)
      #expect(statuses(answer).prefix(3) == [.ok, .ok, statuses(alone.answer)[0]])
      #expect(answer.suffix(alone.answer.count) == alone.answer[...] || progress.next != .close)
      #expect(faces.value(register) == (progress.next == .close ? "2" : "3"))
    }
  }

  @Test("a turn ends at its budget, and where the output is full")
  func bounds() throws {
    try Faces.use { faces in
      for index in 0..<7 { try faces.create("r\(index)", "u64") }
      let single = try frame(.increment, name: "r0", returns: .new)
      let frames = try (0..<1000).flatMap {
        try frame(.increment, name: "r\($0 % 7)", returns: .new)
      }
      let count = ExecutionBudget.turn / ExecutionBudget.byName
      let (progress, answer) = BinaryPeer(faces).send(frames)
      #expect(progress.next == .yield && progress.consumed == count * single.count)
      #expect(answer.count == count * 24)
      let (halted, short) = BinaryPeer(faces, highWater: 1000).send(frames)
      #expect(halted.next == .yield && halted.consumed == short.count / 24 * single.count)
      #expect(short.count >= 1000 && short.count <= 1000 + 24)
    }
  }
}
