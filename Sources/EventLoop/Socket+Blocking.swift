// SPDX-License-Identifier: Apache-2.0
import Glibc

/// For threads that wait: each call returns when it is done or its deadline has passed.
extension Socket {
  /// Connects, waiting at most until `deadline`.
  /// Throws: `.cannotConnect` with the errno, `.timedOut`.
  public static func connect(
    to address: SocketAddress, deadline: Deadline
  ) throws(EventLoopError) -> Socket {
    let connecting = try startConnecting(to: address)
    let isPending = connecting.isPending
    let socket = connecting.take()
    guard isPending else { return socket }
    try socket.wait(for: Int16(POLLOUT), until: deadline)
    let code = SocketCall.pendingError(socket.descriptor)
    guard code == 0 else { throw .cannotConnect("\(address)", errno: code) }
    return socket
  }

  /// Sends all of `bytes`. Throws: `.timedOut`, `.disconnected`, `.systemCall`; how much went
  /// out before is then unknown, and the socket is of no more use.
  public func sendAll(_ bytes: Span<UInt8>, deadline: Deadline) throws(EventLoopError) {
    guard try send(bytes, deadline: deadline) == bytes.count else { throw .timedOut }
  }

  /// Sends as many of `bytes` as the socket takes until `deadline`, and returns how many: all of
  /// them where it is not too late.
  /// Throws: `.disconnected`, `.systemCall`; how much went out before is then unknown.
  public func send(_ bytes: Span<UInt8>, deadline: Deadline) throws(EventLoopError) -> Int {
    var sent = 0
    while sent < bytes.count {
      // Safety: the bytes are read within the closure only.
      let result = unsafe bytes.extracting(droppingFirst: sent).withUnsafeBytes {
        unsafe SocketCall.send(descriptor, $0)
      }
      switch result {
      case .bytes(let count): sent += count
      case .wouldBlock:
        do throws(EventLoopError) {
          try wait(for: Int16(POLLOUT), until: deadline)
        } catch {
          if error == .timedOut { return sent }
          throw error
        }
      case .failed(let code): throw Self.failure("send", code)
      }
    }
    return sent
  }

  /// Receives at least one byte into `buffer` from `offset` on, at most to its end, and returns
  /// how many; 0 = the peer sends no more. Traps unless `offset` is below `buffer.count`.
  /// Throws: `.timedOut`, `.disconnected`, `.systemCall`.
  public func receive(
    into buffer: inout [UInt8], at offset: Int, deadline: Deadline
  ) throws(EventLoopError) -> Int {
    precondition(offset >= 0 && offset < buffer.count, "no room to receive at offset \(offset)")
    while true {
      // Waiting first: an answer is hardly ever there already, and one recv too few costs less
      // than one too many.
      try wait(for: Int16(POLLIN), until: deadline)
      // Safety: the kernel writes within the array, from `offset` on.
      let result = unsafe buffer.withUnsafeMutableBytes {
        unsafe SocketCall.receive(
          descriptor, into: UnsafeMutableRawBufferPointer(rebasing: $0[offset...]))
      }
      switch result {
      case .bytes(let count): return count
      case .wouldBlock: continue
      case .failed(let code): throw Self.failure("recv", code)
      }
    }
  }

  /// Tells the peer that nothing more will be sent; receiving goes on.
  public func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

  private func wait(for events: Int16, until deadline: Deadline) throws(EventLoopError) {
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    while true {
      let milliseconds = deadline.pollTimeout(from: deadline == .never ? deadline : .now)
      // Safety: `entry` outlives the call.
      let count = unsafe poll(&entry, 1, milliseconds)
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .systemCall(name: "poll", errno: errno) }
      if deadline != .never, deadline <= .now { throw .timedOut }
    }
  }

  private static func failure(_ name: String, _ code: Int32) -> EventLoopError {
    code == EPIPE || code == ECONNRESET ? .disconnected : .systemCall(name: name, errno: code)
  }
}

extension Socket {
  /// A socket whose connect may still be under way.
  struct Connecting: ~Copyable {
    let socket: Socket
    let isPending: Bool

    consuming func take() -> Socket { socket }
  }

  static func startConnecting(to address: SocketAddress) throws(EventLoopError) -> Connecting {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = Glibc.socket(address.family, type, 0)
    guard descriptor >= 0 else { throw .systemCall(name: "socket", errno: errno) }
    let socket = Socket(accepted: descriptor)
    // Safety: the address is read within the call only.
    let result = unsafe address.withSystemAddress { unsafe Glibc.connect(descriptor, $0, $1) }
    if result == 0 { return Connecting(socket: socket, isPending: false) }
    let code = errno
    // A unix socket whose listener's queue is full answers EAGAIN and would never get ready.
    if code == EINPROGRESS { return Connecting(socket: socket, isPending: true) }
    throw .cannotConnect("\(address)", errno: code)
  }
}
