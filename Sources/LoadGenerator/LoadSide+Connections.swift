// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop

extension LoadSide {
  /// A connection that speaks the target's protocol.
  func makeConnection(
    _ number: Int, _ sequence: RequestSequence
  ) throws(ClientError) -> (lane: any LoadLane, handler: any StreamHandler) {
    func connection<Wire: LoadWire>(_ wire: Wire) -> (any LoadLane, any StreamHandler) {
      let connection = LoadConnection(self, number: number, wire)
      return (connection, connection)
    }
    switch target.wire {
    case .atr, .limit: return connection(FrameWire(target, plan, sequence))
    case .http: return connection(try HTTPWire(target, plan, sequence))
    case .shm: throw .usage("The map has no connections.")
    case .redis: return connection(LineWire<RedisDialect>(target, plan, sequence))
    case .memcached: return connection(LineWire<MemcachedDialect>(target, plan, sequence))
    }
  }
}

extension LoadSide {
  /// Where the target is.
  ///
  /// - Throws: ``ClientError/usage(_:)`` also where the token would cross a network in plain text.
  func socketAddress() throws(ClientError) -> SocketAddress {
    let found: SocketAddress
    do throws(EventLoopError) {
      switch target.address {
      case .unix(let path): return try SocketAddress(unixPath: path)
      case .tcp(let host, let port), .http(let host, let port):
        found = try SocketAddress(host: host, port: port)
      case .map, .tls, .https:
        throw .invalidAddress(target.text, reason: "bench has no plain socket to it")
      }
    } catch {
      throw ClientError(connecting: error, to: target.text)
    }
    if plan.token != nil, target == plan.targets.first, !plan.sendsTokenInPlainText,
      !found.isLoopback
    {
      throw .tokenInPlainText(
        to: target.text, instead: "an address on loopback, as bench speaks no TLS")
    }
    return found
  }
}
