// SPDX-License-Identifier: Apache-2.0
import Glibc

extension SocketAddress {
  /// The addresses that `host` stands for: itself where it is numeric or `localhost`, else what the
  /// system's resolver says now, in the order in which they are to be tried.
  ///
  /// Waits for the resolver, as long as the system is set up to.
  /// Throws: `.invalidAddress` with the reason.
  public static func resolve(
    host: String, port: UInt16
  ) throws(EventLoopError) -> [SocketAddress] {
    do throws(EventLoopError) {
      return [try SocketAddress(host: host, port: port)]
    } catch {
      guard isName(host) else { throw error }
    }
    // Safety: numbers and empty pointers.
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    // Safety: the resolver fills `list`, which is freed below; the text of a code is a constant.
    let code = unsafe getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      throw .invalidAddress(host, reason: unsafe String(cString: gai_strerror(code)))
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      // Safety: an entry of the list, which lives until it is freed.
      if let address = unsafe SocketAddress(entry.pointee.ai_addr, port: port) {
        found.append(address)
      }
      unsafe next = entry.pointee.ai_next
    }
    guard !found.isEmpty else { throw .invalidAddress(host, reason: "it has no address") }
    return found
  }

  /// Whether `host` could be a host's name.
  public static func isName(_ host: String) -> Bool {
    (1...253).contains(host.utf8.count)
      && host.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// Nil for a family that is neither of the two.
  private init?(_ address: UnsafeMutablePointer<sockaddr>?, port: UInt16) {
    guard let address = unsafe address else { return nil }
    // Safety: the family tells which structure the resolver put there.
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET:
      let four = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self)
      self = .ipv4(address: UInt32(bigEndian: four.sin_addr.s_addr), port: port)
    case AF_INET6:
      let six = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self)
      // Safety: in6_addr is 16 bytes without padding.
      let (high, low) = unsafe unsafeBitCast(six.sin6_addr, to: (UInt64, UInt64).self)
      self = .ipv6(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
    default: return nil
    }
  }
}
