// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A connected stream socket, owned: closed when the value ends.
///
/// Always non-blocking and close-on-exec; TCP sockets send small segments at once (TCP_NODELAY).
/// Sending never raises SIGPIPE.
public struct Socket: ~Copyable, Sendable {
  /// Valid while this value lives.
  public let descriptor: Int32

  /// Takes over a connected descriptor and makes it as this type promises.
  public init(owning descriptor: Int32) {
    self.descriptor = descriptor
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0, flags & O_NONBLOCK == 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    setNoDelay()
  }

  /// Takes over a descriptor that is non-blocking already.
  init(accepted descriptor: Int32) {
    self.descriptor = descriptor
    setNoDelay()
  }

  deinit { close(descriptor) }

  /// Gives the descriptor away; the caller closes it.
  public consuming func release() -> Int32 {
    let descriptor = self.descriptor
    discard self
    return descriptor
  }

  /// Who is at the other end of a unix socket, as of its connect; nil for TCP.
  public var peerCredentials: PeerCredentials? {
    var process: pid_t = 0
    var user: uid_t = 0
    var group: gid_t = 0
    // Safety: the three variables outlive the call.
    let result = unsafe clinux_peer_credentials(descriptor, &process, &user, &group)
    // The kernel answers for TCP too, with process 0 and the user "nobody known", -1.
    guard result == 0, user != .max else { return nil }
    return PeerCredentials(process: process, user: user, group: group)
  }

  /// Fails silently on unix sockets, which never wait.
  private borrowing func setNoDelay() {
    var on: Int32 = 1
    // Safety: `on` outlives the call.
    _ = unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// The process at the other end of a unix socket when it connected.
public struct PeerCredentials: Hashable, Sendable {
  public let process: Int32
  public let user: UInt32
  public let group: UInt32
}

/// What a non-blocking call came to.
enum TransferResult {
  /// This many bytes; 0 from a receive is the end of input.
  case bytes(Int)
  case wouldBlock
  case failed(errno: Int32)

  init(_ result: Int) {
    if result >= 0 {
      self = .bytes(result)
    } else {
      let code = errno
      // EINTR of a non-blocking call moved nothing: the next event or poll repeats it.
      self = code == EAGAIN || code == EINTR ? .wouldBlock : .failed(errno: code)
    }
  }
}

/// System calls on a bare descriptor, for `Socket` and `Stream`.
enum SocketCall {
  static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer)
    -> TransferResult
  {
    // Safety: the kernel writes within `buffer`.
    TransferResult(unsafe clinux_receive(descriptor, buffer.baseAddress, buffer.count))
  }

  static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> TransferResult {
    // Safety: the kernel reads within `bytes`.
    TransferResult(
      unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count))
  }

  /// The outcome of a non-blocking connect, as an errno; 0 = connected.
  static func pendingError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    // Safety: both variables outlive the call.
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }
}
