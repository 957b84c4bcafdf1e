// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient

/// A server that is put under load, and the protocol it is spoken to in.
///
/// | address | protocol | one operation |
/// |---|---|---|
/// | `atr://HOST:PORT`, `unix:PATH` | the binary protocol | as asked for |
/// | `http://HOST:PORT` | HTTP/2 and JSON | as asked for, by name |
/// | `shm:[PATH]` | none: the arena is mapped | as asked for, on the load's threads |
/// | `limit://HOST:PORT` | the binary protocol, of a server that only echoes | as asked for |
/// | `redis://HOST:PORT` | RESP | `INCR`, `GET` for reads, `SET` for stores |
/// | `memcached://HOST:PORT` | memcached's text protocol | `incr`, `get`, `set` |
public struct LoadTarget: Hashable, Sendable {
  /// What is spoken.
  public enum Wire: String, Sendable {
    case atr, http, shm, limit, redis, memcached
  }

  public let wire: Wire
  /// Where the server is.
  public let address: ServerAddress
  /// The address as it was given.
  public let text: String
  /// The server's process, where it runs on this machine and is known.
  public var process: Int32?

  /// Reads a target.
  ///
  /// - Throws: ``ClientError/usage(_:)`` where the text is none.
  public init(_ text: String) throws(ClientError) {
    self.text = text
    for (wire, port) in [(Wire.redis, "6379"), (.memcached, "11211"), (.limit, "7070")] {
      let prefix = "\(wire.rawValue)://"
      guard text.hasPrefix(prefix) else { continue }
      let place = text.dropFirst(prefix.count)
      let hasPort = place.last == "]" ? false : place.contains(":")
      self.wire = wire
      address = try ServerAddress("atr://\(place)" + (hasPort ? "" : ":\(port)"))
      return
    }
    address = try ServerAddress(text)
    switch address {
    case .tcp, .unix: wire = .atr
    case .http: wire = .http
    case .map: wire = .shm
    case .tls, .https:
      throw .usage("bench speaks no TLS: load `\(text)` as atr:// or http://, on loopback.")
    }
  }
}
