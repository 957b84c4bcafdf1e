// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// Runs of frames: what they come to is what each frame by itself would have.
@Suite struct OperationRunTests {
  private static let types = ["u8", "i8", "u16", "i32", "u64", "i64", "u128", "i128", "bytes4"]
  private static let families: [[AtomicOperation]] = [
    [.add, .sub, .increment, .decrement], [.or], [.xor], [.and],
  ]

  private func frame(
    _ operation: AtomicOperation, _ type: RegisterType, operand: UInt128 = 0,
    returns: ReturnMode = .old, order: MemoryOrder = .sequentiallyConsistent, sequence: UInt32 = 1,
    flags: UInt8 = 0
  ) throws -> [UInt8] {
    let request = try AtomicRequest(operation, on: type, order: order, operand: operand)
    var bytes = OperationFrame.encode(
      request, type: type, returns: returns, handle: 7, sequence: sequence
    ).bytes
    bytes[1] = flags
    return bytes
  }

  private func makeRun(_ bytes: [UInt8], _ type: RegisterType, limit: Int = 99, room: Int = .max)
    -> OperationRun?
  {
    OperationRun(bytes.span, at: 0, on: type, atMost: limit, replyBytes: room)
  }

  private func replies(_ run: OperationRun, _ bytes: [UInt8], found: UInt128) -> [UInt8] {
    var answer: [UInt8] = []
    var replies = run.replies(bytes.span, found: found)
    while let reply = replies?.next(bytes.span) {
      for case let word? in [reply.first, reply.second, reply.value, reply.high] {
        answer.append(littleEndian: word)
      }
    }
    return answer
  }

  @Test("random runs answer and leave what one operation after another does", arguments: types)
  func model(name: String) throws {
    let type = RegisterType.named(name)
    var generator = SeededGenerator(seed: 3)
    func random() -> UInt128 {
      let bits = UInt128(generator.next()) << 64 | UInt128(generator.next())
      return [bits, 0, 1, .max, type.width.mask ^ type.width.mask >> 1].randomElement(
        using: &generator)! & type.width.mask
    }
    for family in Self.families where type.kind != .bytes || family.count == 1 {
      for _ in 0..<200 {
        let found = random()
        var (value, bytes, expected) = (found, [UInt8](), [UInt8]())
        let count = Int.random(in: 2...9, using: &generator)
        for sequence in 0..<count {
          let operation = family.randomElement(using: &generator)!
          let hasOperand = operation != .increment && operation != .decrement
          let isQuiet = Bool.random(using: &generator) && Bool.random(using: &generator)
          let request = try AtomicRequest(
            operation, on: type, operand: hasOperand ? random() : 0)
          let returns = isQuiet ? .nothing : ReturnMode.allCases.randomElement(using: &generator)!
          let frame = try self.frame(
            operation, type, operand: request.operand, returns: returns,
            sequence: UInt32(sequence), flags: isQuiet ? FrameFlag.quiet : 0)
          bytes += frame
          let outcome = request.outcome(found: value, on: type)
          value = outcome.new
          if isQuiet { continue }
          expected +=
            OperationFrame.reply(
              to: try split(frame).header, request, outcome, returns: returns, type: type
            ).bytes
        }
        let run = try #require(makeRun(bytes, type))
        #expect(run.count == count && run.end == bytes.count)
        #expect(run.request.outcome(found: found, on: type).new == value)
        #expect(replies(run, bytes, found: found) == expected)
      }
    }
  }

  @Test("the one operation has the least order that is as strong as each")
  func orders() throws {
    let type = RegisterType.named("u64")
    for first in MemoryOrder.allCases {
      for second in MemoryOrder.allCases {
        let bytes = try frame(.increment, type, order: first) + frame(.add, type, order: second)
        let run = makeRun(bytes, type)
        let joined = try #require(run).request.order
        let acquires = [MemoryOrder.acquiring, .acquiringAndReleasing, .sequentiallyConsistent]
        let releases = [MemoryOrder.releasing, .acquiringAndReleasing, .sequentiallyConsistent]
        #expect(
          acquires.contains(joined) == (acquires.contains(first) || acquires.contains(second)))
        #expect(
          releases.contains(joined) == (releases.contains(first) || releases.contains(second)))
        #expect(
          (joined == .sequentiallyConsistent)
            == (first == .sequentiallyConsistent || second == .sequentiallyConsistent))
      }
    }
  }

  @Test("a run ends before whatever is not one of it")
  func ends() throws {
    let type = RegisterType.named("i16")
    let good = try frame(.increment, type)
    func with(_ changes: [(Int, UInt8)], _ frame: [UInt8]) -> [UInt8] {
      var frame = frame
      for (offset, value) in changes { frame[offset] = value }
      return frame
    }
    let add = try frame(.add, type, operand: 5)
    let others = [
      try frame(.or, type), try frame(.load, type), with([(0, 0x44)], good),
      with([(1, FrameFlag.bounds)], good), with([(1, FrameFlag.name)], good),
      with([(1, 0x80)], good), with([(1, FrameFlag.quiet)], good), with([(2, 0x41)], good),
      with([(2, 0x46)], good), with([(2, 0xC5)], good), with([(2, 0x4D)], good),
      with([(3, type.code | 0x40)], good), with([(3, 0x3A)], good), with([(3, 0x02)], good),
      with([(4, 8)], good) + [0, 0, 0, 0, 0, 0, 0, 0], with([(4, 0)], add), with([(7, 1)], good),
      with([(12, 8)], good), with([(22, 1)], add), Array(add.dropLast()), Array(good.dropLast(8)),
    ]
    for other in others {
      #expect(makeRun(good + other, type) == nil, "\(other)")
      #expect(makeRun(good + good + other, type)?.count == 2, "\(other)")
      #expect(makeRun(other + good, type)?.count == nil, "\(other)")
    }
    #expect(makeRun(good, type) == nil && makeRun(good + good, type)?.count == 2)
    #expect(makeRun(good + with([(3, 0x3F)], add), type)?.count == 2)
    #expect(makeRun(good + with([(1, 1), (2, 5)], add), type)?.count == 2)
    for kind in ["f32", "f64", "bytes4"] {
      let type = RegisterType.named(kind)
      let bits = with([(3, 0x3F)], good)
      #expect(makeRun(bits + bits, type) == nil, "\(kind)")
    }
    let float = RegisterType.named("f64")
    let or = with([(3, 0x3F)], try frame(.or, .named("u64")))
    #expect(makeRun(or + or, float) == nil && makeRun(or + or, .named("bytes8"))?.count == 2)
  }

  @Test("a run is as long as it is allowed to be")
  func bounds() throws {
    let type = RegisterType.named("u64")
    let frames = try (0..<20).flatMap { _ in try frame(.increment, type) }
    #expect(makeRun(frames, type, limit: 5)?.count == 5)
    #expect(makeRun(frames, type, limit: 1) == nil)
    // The frame that passes the mark is the last: replies have 24 bytes.
    #expect(makeRun(frames, type, room: 100)?.count == 5)
    #expect(makeRun(frames, type, room: 96)?.count == 4)
    #expect(makeRun(frames, type, room: 24) == nil)
    #expect(makeRun(frames, type, room: 0) == nil)
  }

  @Test("a look at two headers tells most frames that cannot be a run")
  func glance() throws {
    let type = RegisterType.named("u64")
    let (one, load) = (try frame(.increment, type), try frame(.load, type))
    func mayBegin(_ bytes: [UInt8]) throws -> Bool {
      let header = try split(bytes).header
      return OperationRun.mayBegin(
        with: header, in: bytes.span, nextAt: 16 + Int(header.bodyByteCount))
    }
    #expect(try mayBegin(one + one) && mayBegin(try frame(.or, type) + one))
    var other = one
    other[12] = 8
    #expect(try !mayBegin(one) && !mayBegin(one + one.dropLast()) && !mayBegin(one + other))
    #expect(try !mayBegin(load + load))
  }
}
