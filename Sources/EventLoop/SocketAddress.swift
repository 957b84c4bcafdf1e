// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Where a server listens. Numeric: no name but `localhost` is ever looked up.
public enum SocketAddress: Hashable, Sendable {
  /// `address` as a number: 127.0.0.1 is 0x7F000001.
  case ipv4(address: UInt32, port: UInt16)
  /// The address as two halves of a number: ::1 is 0, 1.
  case ipv6(high: UInt64, low: UInt64, port: UInt16)
  /// A path of 1 to 107 bytes without NUL.
  case unix(path: String)

  /// `sun_path` has room for this many bytes and a NUL.
  static let pathLimit = 107

  /// Parses `127.0.0.1:7070`, `[::1]:7070`, `localhost:7070` (IPv4) or `unix:/path`.
  /// Throws: `.invalidAddress` with the reason.
  public init(_ text: String) throws(EventLoopError) {
    if text.hasPrefix("unix:") {
      try self.init(unixPath: String(text.dropFirst(5)))
      return
    }
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
      throw .invalidAddress(text, reason: "expected HOST:PORT or unix:PATH")
    }
    let portText = text[text.index(after: colon)...]
    guard portText.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(portText) else {
      throw .invalidAddress(text, reason: "the port must be a number from 0 to 65535")
    }
    try self.init(host: String(text[..<colon]), port: port)
  }

  /// A numeric IPv4 or IPv6 address (in brackets or not) or `localhost`, and a port.
  /// Throws: `.invalidAddress` with the reason.
  public init(host: String, port: UInt16) throws(EventLoopError) {
    var host = host
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host == "localhost" {
      host = "127.0.0.1"
    }
    var four = in_addr()
    var six = in6_addr()
    // Safety: inet_pton writes exactly the structure of its family, which outlives the call.
    if unsafe inet_pton(AF_INET, host, &four) == 1 {
      self = .ipv4(address: UInt32(bigEndian: four.s_addr), port: port)
    } else if unsafe inet_pton(AF_INET6, host, &six) == 1 {
      // Safety: in6_addr is 16 bytes without padding.
      let (high, low) = unsafe unsafeBitCast(six, to: (UInt64, UInt64).self)
      self = .ipv6(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
    } else {
      throw .invalidAddress(host, reason: "expected a numeric address or localhost")
    }
  }

  /// Throws: `.invalidAddress` for a path that is empty, too long or has a NUL.
  public init(unixPath path: String) throws(EventLoopError) {
    if path.isEmpty { throw .invalidAddress(path, reason: "the socket path is empty") }
    if path.utf8.contains(0) { throw .invalidAddress(path, reason: "the socket path has a NUL") }
    if path.utf8.count > Self.pathLimit {
      throw .invalidAddress(
        path, reason: "the socket path has \(path.utf8.count) bytes, at most \(Self.pathLimit)")
    }
    self = .unix(path: path)
  }

  /// Reachable from this machine only: 127.0.0.0/8, ::1, or a unix socket.
  public var isLoopback: Bool {
    switch self {
    case .ipv4(let address, _): address >> 24 == 127
    case .ipv6(let high, let low, _): high == 0 && low == 1
    case .unix: true
    }
  }

  /// The port, or nil for a unix socket.
  public var port: UInt16? {
    switch self {
    case .ipv4(_, let port), .ipv6(_, _, let port): port
    case .unix: nil
    }
  }

  var isUnix: Bool { if case .unix = self { true } else { false } }
}

extension SocketAddress: CustomStringConvertible {
  /// As `init(_:)` reads it.
  public var description: String {
    switch self {
    case .ipv4(let address, let port):
      let bytes = (0..<4).map { String((address >> (24 - 8 * $0)) & 0xFF) }
      return bytes.joined(separator: ".") + ":\(port)"
    case .ipv6(let high, let low, let port):
      // Safety: in6_addr is 16 bytes without padding; `text` has room for the longest address.
      let text = unsafe withUnsafeTemporaryAllocation(
        of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)
      ) { text in
        var six = unsafe unsafeBitCast((high.bigEndian, low.bigEndian), to: in6_addr.self)
        guard let start = text.baseAddress,
          unsafe inet_ntop(AF_INET6, &six, start, socklen_t(INET6_ADDRSTRLEN)) != nil
        else { return "::" }
        return unsafe String(cString: start)
      }
      return "[\(text)]:\(port)"
    case .unix(let path): return "unix:\(path)"
    }
  }
}

extension SocketAddress {
  var family: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Calls `body` with the kernel's form of the address.
  func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    switch self {
    case .ipv4(let number, let port):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = number.bigEndian
      return unsafe Self.rebound(&address, body)
    case .ipv6(let high, let low, let port):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      // Safety: in6_addr is 16 bytes without padding.
      address.sin6_addr = unsafe unsafeBitCast(
        (high.bigEndian, low.bigEndian), to: in6_addr.self)
      return unsafe Self.rebound(&address, body)
    case .unix(let path):
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      // Safety: copyBytes stays within sun_path; the initialiser's zeros end the path.
      unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        unsafe $0.copyBytes(from: path.utf8.prefix(Self.pathLimit))
      }
      return unsafe Self.rebound(&address, body)
    }
  }

  private static func rebound<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    // Safety: every sockaddr_* begins as sockaddr does; the pointer is used within the call only.
    unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// This address with another port, where it has one.
  func replacing(port: UInt16?) -> SocketAddress {
    switch (self, port) {
    case (.ipv4(let address, _), let port?): .ipv4(address: address, port: port)
    case (.ipv6(let high, let low, _), let port?): .ipv6(high: high, low: low, port: port)
    default: self
    }
  }

  /// The port that the kernel gave to a bound socket.
  static func boundPort(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // Safety: the kernel writes at most `size` bytes. The port lies at the same offset in
    // sockaddr_in and sockaddr_in6.
    let result = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    return result == 0 ? UInt16(bigEndian: storage.sin6_port) : nil
  }
}
