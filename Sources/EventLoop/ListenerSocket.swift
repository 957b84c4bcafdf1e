// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A bound, listening socket, owned: closed, and a unix socket's path removed, when the value ends.
public struct ListenerSocket: ~Copyable, Sendable {
  /// Valid while this value lives.
  public let descriptor: Int32
  /// The address as bound: with the port that the kernel chose when 0 was asked for.
  public let address: SocketAddress
  /// The unix socket's file, so that only our own is removed.
  private let file: FileIdentity?

  /// Connections that the kernel completes before they are accepted; capped by somaxconn.
  static let backlog: Int32 = 1024

  /// Binds and listens.
  ///
  /// A plain bind: a second server on the same address fails, here and now. A unix path left by a
  /// server that died is taken over; the new one is open to its user and group (`mode`).
  /// Throws: `.addressInUse`, `.cannotBind`, `.systemCall`.
  public init(address: SocketAddress, mode: UInt32 = 0o660) throws(EventLoopError) {
    (descriptor, file) = try Self.open(address, mode: mode)
    self.address = address.replacing(port: SocketAddress.boundPort(of: descriptor))
  }

  deinit {
    if case .unix(let path) = address, let file, FileIdentity(path: path) == file {
      // Safety: the path is read within the call only.
      unsafe unlink(path)
    }
    close(descriptor)
  }

  /// The TCP port, 0 for a unix socket.
  public var boundPort: UInt16 { address.port ?? 0 }

  /// Takes one connection that is waiting.
  func accept() -> AcceptResult {
    let accepted = clinux_accept(descriptor)
    if accepted >= 0 { return .accepted(accepted) }
    switch errno {
    case EAGAIN: return .noneWaiting
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
    // The connection died in the queue, or its network error is reported here (accept(2)).
    default: return .failed
    }
  }

  enum AcceptResult {
    case accepted(Int32)
    case noneWaiting
    case exhausted
    case failed
  }
}

extension ListenerSocket {
  private static func open(
    _ address: SocketAddress, mode: UInt32
  ) throws(EventLoopError) -> (Int32, FileIdentity?) {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(address.family, type, 0)
    guard socket >= 0 else { throw .systemCall(name: "socket", errno: errno) }
    do throws(EventLoopError) {
      let file = try bind(socket, to: address, mode: mode)
      guard Glibc.listen(socket, backlog) == 0 else { throw failure(address, errno) }
      return (socket, file)
    } catch {
      close(socket)
      throw error
    }
  }

  private static func bind(
    _ socket: Int32, to address: SocketAddress, mode: UInt32
  ) throws(EventLoopError) -> FileIdentity? {
    var on: Int32 = 1
    // SO_REUSEADDR lets a restarted server bind while old connections are in TIME_WAIT; on Linux
    // it does not let two servers listen on one port.
    // Safety: `on` outlives the call.
    _ = unsafe setsockopt(
      socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var code = bindOnce(socket, address)
    guard case .unix(let path) = address else {
      if code != 0 { throw failure(address, code) }
      keepAlive(socket)
      return nil
    }
    if code == EADDRINUSE, removeStale(path, address) { code = bindOnce(socket, address) }
    if code != 0 { throw failure(address, code) }
    // Until `listen` nobody can connect, so the file is never open to more users than `mode` says.
    // Safety: the path is read within the call only.
    if unsafe chmod(path, mode) == 0 { return FileIdentity(path: path) }
    code = errno
    // Safety: as above.
    unsafe unlink(path)
    throw .cannotBind("\(address)", errno: code)
  }

  /// Has the kernel find out about peers that are gone without a word, within two minutes. Linux
  /// gives what a listener has to those that it accepts (tcp(7)).
  private static func keepAlive(_ socket: Int32) {
    let options: [(Int32, Int32, Int32)] = [
      (SOL_SOCKET, SO_KEEPALIVE, 1), (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60),
      (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15), (Int32(IPPROTO_TCP), TCP_KEEPCNT, 4),
    ]
    for (level, name, value) in options {
      var value = value
      // Safety: `value` outlives the call.
      _ = unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  /// Returns 0 or an errno.
  private static func bindOnce(_ socket: Int32, _ address: SocketAddress) -> Int32 {
    // Safety: the address is read within the call only.
    unsafe address.withSystemAddress { unsafe Glibc.bind(socket, $0, $1) } == 0 ? 0 : errno
  }

  private static func failure(_ address: SocketAddress, _ code: Int32) -> EventLoopError {
    code == EADDRINUSE ? .addressInUse("\(address)") : .cannotBind("\(address)", errno: code)
  }

  /// Removes a socket file on which nobody listens. The file is looked at again just before, so
  /// that of two servers starting at once neither removes the other's fresh one.
  private static func removeStale(_ path: String, _ address: SocketAddress) -> Bool {
    guard let before = FileIdentity(path: path), before.isSocket else { return false }
    do throws(EventLoopError) {
      _ = try Socket.startConnecting(to: address)
      return false
    } catch {
      guard case .cannotConnect(_, errno: ECONNREFUSED) = error else { return false }
    }
    // Safety: the path is read within the call only.
    return unsafe FileIdentity(path: path) == before && unlink(path) == 0
  }
}

/// Which file a path names.
private struct FileIdentity: Equatable, Sendable {
  let device: UInt64
  let inode: UInt64
  let isSocket: Bool

  init?(path: String) {
    var status = stat()
    // Safety: `status` outlives the call.
    guard unsafe lstat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    isSocket = status.st_mode & S_IFMT == S_IFSOCK
  }
}
