// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why a socket or a loop could not do what was asked.
public enum EventLoopError: Error, Equatable, Sendable {
  /// The text names no address; `reason` says what is wrong with it.
  case invalidAddress(String, reason: String)
  /// Another process listens there, or the path exists and is no socket.
  case addressInUse(String)
  /// The address could not be bound; see `errno`.
  case cannotBind(String, errno: Int32)
  /// Nobody answers there; see `errno`.
  case cannotConnect(String, errno: Int32)
  /// The deadline passed first.
  case timedOut
  /// The peer is gone while bytes were still to be sent.
  case disconnected
  /// A system call failed for a reason of its own.
  case systemCall(name: String, errno: Int32)
}

extension EventLoopError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidAddress(let text, let reason): "invalid address '\(text)': \(reason)"
    case .addressInUse(let address): "address already in use: \(address)"
    case .cannotBind(let address, let errno): "cannot bind \(address): \(Self.text(of: errno))"
    case .cannotConnect(let address, let errno):
      "cannot connect to \(address): \(Self.text(of: errno))"
    case .timedOut: "timed out"
    case .disconnected: "connection closed by the peer"
    case .systemCall(let name, let errno): "\(name): \(Self.text(of: errno))"
    }
  }

  static func text(of errno: Int32) -> String {
    // Safety: strerror returns a NUL-terminated string that lives until this thread's next call.
    unsafe String(cString: strerror(errno))
  }
}
