// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

@testable import AtomicsServer
@testable import ServedArena

/// A connection from HELLO on, and what it answered behind WELCOME and the first four handles.
struct Conversation {
  private(set) var answers: [(header: FrameHeader, body: [UInt8])] = []
  /// Whether the server closed it, or would wait for another thread.
  private(set) var ended = false

  init(of side: ServedArena, _ bytes: [UInt8], pieceSize: Int) {
    side.reset()
    // Safety: one thread fuzzes.
    let hub = unsafe side.hub
    let session = BinarySession(side.context, Peer(user: 0, mapsArena: false), hub) {}
    defer {
      session.closeWaits()
      while hub.process(now: 0) {}
    }
    var opening = Hello(maximumFrame: 4096).bytes
    for index in 0..<Stream.registers.count {
      opening += ControlFrame.open(name: "r\(index)", sequence: 0)
    }
    _ = Self.drive(session, opening, &ended)
    var output: [UInt8] = []
    var kept: [UInt8] = []
    var rest = bytes[...]
    repeat {
      kept += rest.prefix(pieceSize)
      rest = rest.dropFirst(pieceSize)
      let (answer, consumed) = Self.drive(session, kept, &ended)
      output += answer
      kept.removeFirst(consumed)
    } while !rest.isEmpty && !ended
    split(output)
  }

  /// Calls the session until it wants more input.
  private static func drive(
    _ session: BinarySession, _ input: [UInt8], _ ended: inout Bool
  ) -> (answer: [UInt8], consumed: Int) {
    var answer: [UInt8] = []
    var consumed = 0
    for _ in 0..<10_000 {
      var output = OutputBuffer(highWater: 4096)
      let rest = Array(input[consumed...])
      let progress = session.process(rest.span, into: &output)
      output.withBytes { bytes in for index in 0..<bytes.count { answer.append(bytes[index]) } }
      consumed += progress.consumed
      switch progress.next {
      case .yield: continue
      case .needInput: return (answer, consumed)
      case .close, .wait:
        ended = true
        return (answer, input.count)
      }
    }
    preconditionFailure("a session that never wants more input")
  }

  private mutating func split(_ output: [UInt8]) {
    var offset = 0
    while offset < output.count {
      precondition(output.count - offset >= FrameHeader.byteCount, "half a header was answered")
      let header = FrameHeader(
        output.span.littleEndian64(at: offset), output.span.littleEndian64(at: offset + 8))
      let start = offset + FrameHeader.byteCount
      let end = start + Int(header.bodyByteCount)
      precondition(
        header.bodyByteCount & 7 == 0 && end <= output.count, "half a frame was answered")
      precondition(header.bodyByteCount <= 4096, "a frame that the client does not take")
      offset = end
      // A wait that is cancelled answers out of turn. Other answers of waits are not asked for
      // here: they depend on the time.
      if header.orderOrStatus == Status.cancelled.rawValue { continue }
      answers.append((header, Array(output[start..<end])))
    }
  }

  /// The answers without what two arenas differ in: generations, times, slots.
  var comparable: [[UInt8]] {
    answers.map { answer in
      let differs = (0x10...0x18).contains(answer.header.opcode) && answer.header.orderOrStatus == 0
      let header = FrameWords(answer.header).bytes
      return differs ? [header[0], header[2]] + header[8..<12] : header + answer.body
    }
  }

  /// Each request has one answer or, if quiet, none; a batch may have several.
  func checkOrder(of stream: [UInt8]) {
    var offset = 0
    var answer = 0
    func answers(_ header: FrameHeader) -> Bool {
      answer < self.answers.count && self.answers[answer].header.opcode == header.opcode
        && self.answers[answer].header.sequence == header.sequence
    }
    while stream.count - offset >= FrameHeader.byteCount {
      let header = FrameHeader(
        stream.span.littleEndian64(at: offset), stream.span.littleEndian64(at: offset + 8))
      offset += FrameHeader.byteCount + Int(header.bodyByteCount)
      guard answers(header) else { continue }
      while answers(header), self.answers[answer].header.flags & ReplyFlag.more != 0,
        header.opcode == Opcode.batch.rawValue
      {
        answer += 1
      }
      answer += 1
    }
    precondition(answer == self.answers.count, "an answer to no request, or out of turn")
  }
}
