// SPDX-License-Identifier: Apache-2.0

public import EventLoop

/// Why a server did not start, or ended without being asked to.
public enum ServerError: Error, Equatable {
  /// The arena cannot be served; the text says what is in the way.
  case arena(String)
  case network(EventLoopError)
  /// TCP listens on loopback only: there is no authentication yet, and whoever reaches the port may
  /// do what write permission on the arena's `val` permits.
  case notLoopback(String)
  /// Neither a TCP nor a Unix address was given.
  case noAddress
}

extension ServerError: CustomStringConvertible {
  /// One sentence: what was wrong, and what to do.
  public var description: String {
    switch self {
    case .arena(let reason): reason
    case .network(let error): "\(error)"
    case .notLoopback(let address):
      "\(address) is not a loopback address: without authentication anyone who reaches it could "
        + "change every register; listen on 127.0.0.1 or [::1], or on a unix: path"
    case .noAddress: "the server has no address to listen on"
    }
  }
}
