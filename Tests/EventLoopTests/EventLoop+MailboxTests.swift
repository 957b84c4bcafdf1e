// SPDX-License-Identifier: Apache-2.0
import Dispatch
import EventLoop
import Testing

@Suite struct EventLoopMailboxTests {
  @Test("work from several threads all runs on the loop, each thread's in its order")
  func execute() throws {
    let running = try RunningLoop()
    let seen = Shared<[[Int]]>(Array(repeating: [], count: 4))
    let loop = running.loop
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for number in 0..<1000 {
        loop.execute { seen.update { $0[thread].append(number) } }
      }
    }
    try running.sync { _ in }
    #expect(seen.value == Array(repeating: Array(0..<1000), count: 4))
  }

  @Test("work accepted before the end runs; afterwards it is refused")
  func executeAtTheEnd() throws {
    let running = try RunningLoop()
    let loop = running.loop
    let accepted = Shared(0)
    let ran = Shared(0)
    let started = Signal()
    let thread = Signal()
    DispatchQueue.global().async {
      while loop.execute({ ran.update { $0 += 1 } }) {
        accepted.update { $0 += 1 }
        started.set()
      }
      thread.set()
    }
    #expect(started.wait())
    running.stop()
    #expect(thread.wait())
    #expect(ran.value == accepted.value)
    #expect(!loop.execute {})
  }

  @Test("a turn asked for by another thread lets the handler send without input")
  func requestTurn() throws {
    let stream = Shared<Stream?>(nil)
    let pending = Shared<[UInt8]>([])
    let running = try RunningLoop()
    let (near, far) = try socketPair()
    let peer = Socket(owning: far)
    try running.sync { loop in
      let sending = ClosureHandler { input, output, _, _ in
        let bytes = pending.value
        pending.update { $0.removeFirst(bytes.count) }
        output.append(contentsOf: bytes)
        return StreamProgress(consumed: input.count, next: .needInput)
      }
      let adopted = loop.adopt(Socket(owning: near), handler: sending)
      stream.update { $0 = adopted }
    }
    let adopted = try #require(stream.value)
    for number in 0..<1000 {
      pending.update { $0.append(UInt8(truncatingIfNeeded: number)) }
      adopted.requestTurn()
    }
    #expect(try peer.receive(1000) == (0..<1000).map { UInt8(truncatingIfNeeded: $0) })
    running.stop()
    // After the end it has no effect.
    adopted.requestTurn()
    #expect(adopted.isClosed)
  }
}
