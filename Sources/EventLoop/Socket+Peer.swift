// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Who is at the other end.
extension Socket {
  /// More groups of one process than this are not looked at.
  static let peerGroupLimit = 1024

  /// The groups of the process at the other end of a unix socket, as of its connect: its own one
  /// first, then the supplementary ones. None for TCP.
  public var peerGroups: [UInt32] {
    guard let own = peerCredentials?.group else { return [] }
    let others = unsafe [gid_t](unsafeUninitializedCapacity: Self.peerGroupLimit) { room, count in
      // Safety: the kernel writes at most the number of groups that it is told there is room for.
      let found =
        unsafe room.baseAddress.map {
          unsafe clinux_peer_groups(descriptor, $0, Int32(Self.peerGroupLimit))
        } ?? 0
      // Where the room is too small the kernel writes none, and tells how many there would be.
      count = found > Self.peerGroupLimit ? 0 : Int(max(0, found))
    }
    return [own] + others
  }

  /// The address of the other end of a TCP connection; nil for a unix socket, which has none.
  public var peerAddress: SocketAddress? {
    var storage = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    // Safety: the kernel writes at most `size` bytes.
    let result = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getpeername(descriptor, $0, &size)
      }
    }
    guard result == 0 else { return nil }
    let port = UInt16(bigEndian: storage.sin6_port)
    switch Int32(storage.sin6_family) {
    case AF_INET:
      // sockaddr_in has its address where sockaddr_in6 has its flow information.
      return .ipv4(address: UInt32(bigEndian: storage.sin6_flowinfo), port: port)
    case AF_INET6:
      // Safety: in6_addr is 16 bytes without padding.
      let (high, low) = unsafe unsafeBitCast(storage.sin6_addr, to: (UInt64, UInt64).self)
      return .ipv6(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), port: port)
    default: return nil
    }
  }
}
