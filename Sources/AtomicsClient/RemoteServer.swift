// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization
import WireProtocol

/// A server's address, the protocol to speak there, and how that is secured.
struct RemoteServer: Sendable {
  private enum Place: Sendable {
    case path(SocketAddress)
    case host(String, port: UInt16)
  }

  let name: String
  private let place: Place
  private let isHTTP: Bool
  /// `HOST:PORT` as requests name it.
  private let authority: String
  /// Nil: in plain text.
  let secure: SecureSpeech?
  /// Nothing goes beyond loopback: a token would, in plain text.
  private let staysOnLoopback: Bool

  /// Reads the files of `options.tls`. Nil for the map, which has no server.
  ///
  /// - Throws: ``ClientError/usage(_:)`` for an address that cannot be, a file that is no good, or
  ///   a token that would cross a network in plain text.
  init?(_ address: ServerAddress, options: ClientOptions) throws(ClientError) {
    let (host, port): (String, UInt16)
    let isSecure: Bool
    name = address.description
    switch address {
    case .map: return nil
    case .unix(let path):
      do throws(EventLoopError) {
        place = .path(try SocketAddress(unixPath: path))
      } catch {
        throw ClientError(connecting: error, to: name)
      }
      (isHTTP, authority, secure, staysOnLoopback) = (false, "localhost", nil, false)
      return
    case .tcp(let itsHost, let itsPort):
      (host, port, isHTTP, isSecure) = (itsHost, itsPort, false, false)
    case .tls(let itsHost, let itsPort):
      (host, port, isHTTP, isSecure) = (itsHost, itsPort, false, true)
    case .http(let itsHost, let itsPort):
      (host, port, isHTTP, isSecure) = (itsHost, itsPort, true, false)
    case .https(let itsHost, let itsPort):
      (host, port, isHTTP, isSecure) = (itsHost, itsPort, true, true)
    }
    authority = "\(ServerAddress.bracketed(host)):\(port)"
    place = .host(host, port: port)
    secure =
      isSecure
      ? try SecureSpeech(options.tls, server: name, host: host, alpn: isHTTP ? "h2" : "atr/1")
      : nil
    staysOnLoopback = !isSecure && options.token != nil && !options.sendsTokenInPlainText
    // A number is judged now, a name whenever it is looked up.
    if let known = try? SocketAddress(host: host, port: port) { try checkToken(known) }
  }

  /// Where the server is now; a host's name is looked up at every call, which may wait for the
  /// system's resolver.
  ///
  /// - Returns: One or more, in the order in which they are to be tried.
  /// - Throws: ``ClientError/usage(_:)`` for what is no host, or where a token would cross a
  ///   network in plain text; ``ClientError/unreachable(server:reason:)`` for a name that nobody
  ///   knows.
  func addresses() throws(ClientError) -> [SocketAddress] {
    guard case .host(let host, let port) = place else {
      if case .path(let socket) = place { return [socket] }
      return []
    }
    let found: [SocketAddress]
    do throws(EventLoopError) {
      found = try SocketAddress.resolve(host: host, port: port)
    } catch {
      if case .invalidAddress(_, let reason) = error, SocketAddress.isName(host) {
        throw .unreachable(server: name, reason: "\(host): \(reason)")
      }
      throw ClientError(connecting: error, to: name)
    }
    for address in found { try checkToken(address) }
    return found
  }

  private func checkToken(_ address: SocketAddress) throws(ClientError) {
    guard staysOnLoopback, !address.isLoopback else { return }
    throw .tokenInPlainText(to: name, instead: "\(isHTTP ? "https" : "atrs")://\(authority)")
  }

  /// Whether ``addresses()`` has to ask the resolver.
  var isNamed: Bool {
    guard case .host(let host, let port) = place else { return false }
    return (try? SocketAddress(host: host, port: port)) == nil
  }

  /// The handler that the loop is to have for `handler`, which speaks in plain text.
  func securing(_ handler: any SecuredHandler) throws(ClientError) -> any StreamHandler {
    guard let secure else { return handler }
    return try TLSHandler(secure, handler)
  }

  /// A session for one connection.
  ///
  /// - Parameter isAlwaysRead: Whether what the server sends is read also while nobody waits.
  func makeSession(
    _ options: ClientOptions, isAlwaysRead: Bool = false
  ) throws(ClientError) -> any ClientSession {
    isHTTP
      ? try JSONSession(
        authority: authority, isSecure: secure != nil, connection: ConnectionNumber.next(),
        token: options.token?.bearer)
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
