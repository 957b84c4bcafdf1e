// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient

/// A server that is put under load, and the protocol it is spoken to in.
///
/// | address | protocol | one operation |
/// |---|---|---|
/// | `atr://HOST:PORT`, `unix:PATH` | the binary protocol | the operation asked for, by handle |
/// | `redis://HOST:PORT` | RESP | `INCR bench` |
/// | `memcached://HOST:PORT` | memcached's text protocol | `incr bench 1` |
public struct LoadTarget: Hashable, Sendable {
  /// What is spoken.
  public enum Wire: String, Sendable {
    case atr, redis, memcached
  }

  public let wire: Wire
  /// Where: ``ServerAddress/tcp(host:port:)`` or ``ServerAddress/unix(path:)``.
  public let address: ServerAddress
  /// The address as it was given.
  public let text: String

  /// Reads a target.
  ///
  /// - Throws: ``ClientError/usage(_:)`` where the text is none.
  public init(_ text: String) throws(ClientError) {
    self.text = text
    for (wire, port) in [(Wire.redis, "6379"), (.memcached, "11211")] {
      let prefix = "\(wire.rawValue)://"
      guard text.hasPrefix(prefix) else { continue }
      let place = text.dropFirst(prefix.count)
      let hasPort = place.last == "]" ? false : place.contains(":")
      self.wire = wire
      address = try ServerAddress("atr://\(place)" + (hasPort ? "" : ":\(port)"))
      return
    }
    wire = .atr
    address = try ServerAddress(text)
    switch address {
    case .tcp, .unix: break
    case .tls, .http, .https, .map:
      throw .usage("bench loads atr://HOST:PORT and unix:PATH, and not yet `\(text)`.")
    }
  }
}
