// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

@testable import AtomicsServer
@testable import ServedArena

/// A connection that also waits and watches. What it is told depends on the turns, so that all that
/// is asked of it is whole frames, an end, and nothing left behind.
enum WaitingConversation {
  static func run(on side: ServedArena, _ bytes: [UInt8], pieceSize: Int) {
    side.reset()
    // Safety: one thread fuzzes.
    let hub = unsafe side.hub
    let session = BinarySession(side.context, Peer(user: 0, mapsArena: false), hub) {}
    var now: UInt64 = 1
    var output: [UInt8] = []
    var kept = Hello(maximumFrame: 4096).bytes
    for index in 0..<Stream.registers.count {
      kept += ControlFrame.open(name: "r\(index)", sequence: 0)
    }
    var rest = bytes[...]
    var hasEnded = false
    repeat {
      let (consumed, ended) = turns(session, kept, endOfInput: false, into: &output)
      kept.removeFirst(consumed)
      kept += rest.prefix(pieceSize)
      rest = rest.dropFirst(pieceSize)
      // Time passes: intervals and limits end.
      now += 3_000_000
      _ = hub.process(now: now)
      hasEnded = ended
    } while !rest.isEmpty && !hasEnded
    if !hasEnded { _ = turns(session, kept, endOfInput: true, into: &output) }
    var last = OutputBuffer()
    session.endWaits(into: &last)
    session.closeWaits()
    while hub.process(now: .max / 2) {}
    precondition(hub.watchedCount == 0, "something is watched for nobody")
    check(output)
  }

  private static func turns(
    _ session: BinarySession, _ input: [UInt8], endOfInput: Bool, into output: inout [UInt8]
  ) -> (consumed: Int, hasEnded: Bool) {
    var consumed = 0
    for _ in 0..<10_000 {
      var answer = OutputBuffer(highWater: 4096)
      let rest = Array(input[consumed...])
      let progress = session.turn(rest.span, into: &answer, endOfInput: endOfInput)
      answer.withBytes { bytes in for index in 0..<bytes.count { output.append(bytes[index]) } }
      consumed += progress.consumed
      switch progress.next {
      case .yield: continue
      case .needInput: return (consumed, false)
      case .close, .wait: return (input.count, true)
      }
    }
    preconditionFailure("a session that never wants more input")
  }

  private static func check(_ output: [UInt8]) {
    guard output.count >= Welcome.byteCount,
      let (_, start) = try? Welcome.decode(output.span)
    else { return }
    var offset = start
    while offset < output.count {
      precondition(output.count - offset >= FrameHeader.byteCount, "half a header was sent")
      let length = Int(output.span.littleEndian64(at: offset) >> 32 & 0xFF_FFFF)
      offset += FrameHeader.byteCount + length
      precondition(length & 7 == 0 && offset <= output.count, "half a frame was sent")
    }
  }
}
