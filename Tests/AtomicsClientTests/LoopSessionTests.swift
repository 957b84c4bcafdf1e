// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import AtomicsClient

@Suite(.timeLimit(.minutes(5))) struct LoopSessionTests {
  @Test("what comes in together with a connection's end is not sent to nobody")
  func sendsNothingToTheDead() async throws {
    let directory = try TemporaryArenaDirectory()
    let address = try SocketAddress(unixPath: "\(directory.path)/s")
    let registers = ScriptedRegisters()
    let first = try ScriptedServer(at: address) { ScriptedConnection(registers) }
    let remote = try #require(
      try RemoteServer(.unix(path: "\(directory.path)/s"), options: .patient()))
    let loop = try EventLoop()
    try LoopThread(name: "atomics-client") { loop.run() }.detach()
    let mailbox = CallMailbox()
    let second = NextServer()
    let driver = ConnectionDriver(
      loop: loop, server: remote, options: .patient(), mailbox: mailbox)
    try await withCheckedContinuation { (ready: ConnectionDriver.Ready) in
      loop.execute { driver.begin(ready) }
    }.get()
    let call = PendingCall(.delete(name: "x"), allowance: nil)
    // The loop is not told: it finds the call when the end of the connection wakes it.
    let answer = await withCheckedContinuation { (waiter: PendingCall.Waiter) in
      call.setWaiter(waiter)
      _ = mailbox.put(call)
      first.stop()
      second.listen(at: address, registers)
    }
    guard case .success(.deleted) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(registers.connections == 2)
    loop.execute { driver.close() }
    loop.stop()
    withExtendedLifetime(directory) {}
  }
}

/// A server that comes when another one has ended.
private final class NextServer: Sendable {
  private let server = Mutex<ScriptedServer?>(nil)

  func listen(at address: SocketAddress, _ registers: ScriptedRegisters) {
    let next = try? ScriptedServer(at: address) { ScriptedConnection(registers) }
    server.withLock { $0 = next }
  }
}
