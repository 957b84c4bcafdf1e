// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization
import WireProtocol

/// A server's socket address and the protocol to speak there.
struct RemoteServer: Sendable {
  let name: String
  let socket: SocketAddress
  private let isHTTP: Bool

  /// Nil for the map, which has no server.
  init?(_ address: ServerAddress) throws(ClientError) {
    name = address.description
    do throws(EventLoopError) {
      switch address {
      case .tcp(let host, let port):
        socket = try SocketAddress(host: host, port: port)
        isHTTP = false
      case .http(let host, let port):
        socket = try SocketAddress(host: host, port: port)
        isHTTP = true
      case .unix(let path):
        socket = try SocketAddress(unixPath: path)
        isHTTP = false
      case .map: return nil
      }
    } catch {
      throw ClientError(connecting: error, to: name)
    }
  }

  /// Where the server is now. A name may take its time, and be somewhere else the next time.
  func resolve() throws(ClientError) -> SocketAddress { socket }

  /// The handler that the loop is to have for `handler`, which speaks in plain text.
  func securing(_ handler: any StreamHandler) throws(ClientError) -> any StreamHandler {
    handler
  }

  /// A session for one connection.
  ///
  /// - Parameter isAlwaysRead: Whether what the server sends is read also while nobody waits.
  func makeSession(
    _ options: ClientOptions, isAlwaysRead: Bool = false
  ) throws(ClientError) -> any ClientSession {
    isHTTP
      ? try JSONSession(
        authority: "\(socket)", connection: ConnectionNumber.next(), token: options.token?.bearer)
      : FrameSession(
        connection: ConnectionNumber.next(), answersPings: isAlwaysRead,
        token: options.token?.bearer, name: options.name)
  }
}

/// Numbers the connections of this process, from 1.
enum ConnectionNumber {
  private static let last = Atomic<UInt64>(0)

  static func next() -> UInt64 {
    last.add(1, ordering: .relaxed).newValue
  }
}
