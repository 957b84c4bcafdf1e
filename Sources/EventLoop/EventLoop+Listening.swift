// SPDX-License-Identifier: Apache-2.0

/// A listener on its loop.
final class Listener {
  let socket: ListenerSocket
  let accepted: (consuming Socket) -> Void

  init(_ socket: consuming ListenerSocket, accepted: @escaping (consuming Socket) -> Void) {
    self.socket = socket
    self.accepted = accepted
  }
}

extension EventLoop {
  /// Connections taken per turn and listener, so that a burst does not keep streams waiting.
  static let acceptBatch = 64
  /// How long a listener rests when the process has no descriptors or memory left.
  static let acceptPauseNanoseconds: UInt64 = 100_000_000

  /// Calls `accepted` on this loop with each new connection, until the loop drains or stops;
  /// a listener that comes later is closed.
  /// Throws: `.systemCall`.
  public func listen(
    _ listener: consuming ListenerSocket, accepted: @escaping (consuming Socket) -> Void
  ) throws(EventLoopError) {
    if isDraining || hasEnded { return }
    let index = listeners.count
    let listener = Listener(listener, accepted: accepted)
    let code = epoll.add(
      listener.socket.descriptor, events: Epoll.readable, token: Token.listener(index))
    guard code == 0 else { throw .systemCall(name: "epoll_ctl", errno: code) }
    listeners.append(listener)
  }

  /// Returns whether more may be waiting.
  @discardableResult
  func acceptBatch(_ index: Int) -> Bool {
    for _ in 0..<Self.acceptBatch {
      // Looked up each time: `accepted` may begin the drain, which closes the listeners.
      guard index < listeners.count, let listener = listeners[index] else { return false }
      switch listener.socket.accept() {
      case .accepted(let descriptor): listener.accepted(Socket(accepted: descriptor))
      case .noneWaiting: return false
      case .failed: continue
      case .exhausted:
        pause(listener, index)
        return false
      }
    }
    return true
  }

  /// The waiting connections would be reported in every turn: better to look again later.
  private func pause(_ listener: Listener, _ index: Int) {
    let token = Token.listener(index)
    _ = epoll.modify(listener.socket.descriptor, events: 0, token: token)
    schedule(afterNanoseconds: Self.acceptPauseNanoseconds) { [self] in
      guard index < listeners.count, let listener = listeners[index] else { return }
      _ = epoll.modify(listener.socket.descriptor, events: Epoll.readable, token: token)
    }
  }
}
