// SPDX-License-Identifier: Apache-2.0
import Dispatch
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopStressTests {
  @Test("many clients of every manner, on two loops, leave correct answers and nothing behind")
  func mixture() throws {
    let limits = StreamLimits(
      inputLimit: 8192, outputHighWater: 4096, lingerNanoseconds: 1_000_000)
    let second = try RunningLoop(limits: limits)
    let secondLoop = second.loop
    let loop = try EventLoop(limits: limits)
    let listener = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    let address = listener.address
    try loop.listen(listener) { socket in
      let target = loop.streamCount <= secondLoop.streamCount ? loop : secondLoop
      target.handOver(socket) { BudgetedEcho() }
    }
    let first = RunningLoop(running: loop, at: address)
    let wrong = Shared(0)
    DispatchQueue.concurrentPerform(iterations: 8) { client in
      var random = UInt64(client) &* 0x9E37_79B9_7F4A_7C15 &+ 1
      for _ in 0..<25 where !Self.visit(address, &random) { wrong.update { $0 += 1 } }
    }
    #expect(wrong.value == 0)
    try eventually(first) { first.loop.streamCount == 0 && secondLoop.streamCount == 0 }
  }

  /// One connection that sends in chunks, takes the echo back, and leaves in one of three ways.
  private static func visit(_ address: SocketAddress, _ random: inout UInt64) -> Bool {
    func next(_ bound: Int) -> Int {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      return Int(random % UInt64(bound))
    }
    do {
      let socket = try Socket.connect(to: address, deadline: .after(nanoseconds: patience))
      for _ in 0..<next(4) {
        let bytes = (0..<(1 + next(20_000))).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var sent = 0
        while sent < bytes.count {
          let end = min(bytes.count, sent + 1 + next(7000))
          try socket.send(Array(bytes[sent..<end]))
          sent = end
        }
        if try socket.receive(bytes.count) != bytes { return false }
      }
      switch next(3) {
      case 0: return true
      case 1:
        socket.endOutput()
        return try socket.receiveAll().isEmpty
      default:
        // Leaves without taking its answers.
        try socket.send([UInt8](repeating: 1, count: 1 + next(100_000)))
        return true
      }
    } catch {
      return false
    }
  }

  /// Echoes at most 1000 bytes per call.
  private final class BudgetedEcho: StreamHandler {
    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      let count = output.isFull ? 0 : min(1000, input.count)
      output.append(input.extracting(first: count))
      stream.setDeadline(afterNanoseconds: patience)
      return StreamProgress(consumed: count, next: count < input.count ? .yield : .needInput)
    }

    func closed(_ reason: StreamCloseReason) {}
  }
}
