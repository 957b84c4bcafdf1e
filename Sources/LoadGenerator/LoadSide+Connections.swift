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

extension LoadTarget {
  func socketAddress() throws(ClientError) -> SocketAddress {
    do throws(EventLoopError) {
      switch address {
      case .unix(let path): return try SocketAddress(unixPath: path)
      case .tcp(let host, let port), .http(let host, let port):
        return try SocketAddress(host: host, port: port)
      case .map: throw .invalidAddress(text, reason: "the map has no socket")
      }
    } catch {
      throw ClientError(connecting: error, to: text)
    }
  }
}
