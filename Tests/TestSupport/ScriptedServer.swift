// SPDX-License-Identifier: Apache-2.0

public import EventLoop
import Synchronization

/// A server for one test: a loop on a thread of its own, listening on a free port of loopback or a
/// Unix socket; it ends with the value.
public final class ScriptedServer: Sendable {
  public let address: SocketAddress
  private let loop: EventLoop
  private let thread: LoopThread

  public init(
    at address: SocketAddress = .ipv4(address: 0x7F00_0001, port: 0),
    serving makeHandler: @escaping @Sendable () -> any StreamHandler
  ) throws {
    let loop = try EventLoop(limits: StreamLimits(lingerNanoseconds: 0))
    let listener = try ListenerSocket(address: address)
    self.loop = loop
    self.address = listener.address
    try loop.listen(listener) { [unowned loop] socket in
      loop.adopt(socket, handler: makeHandler())
    }
    thread = try LoopThread(name: "scripted server") { loop.run() }
  }

  deinit { stop() }

  /// Closes every connection and the listener. Once or more often.
  public func stop() {
    if !stopped.exchange(true, ordering: .relaxed) {
      loop.stop()
      thread.join()
    }
  }

  private let stopped = Atomic(false)
}
