// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An epoll set, level-triggered unless asked otherwise, with room for one batch of events. Loop
/// thread only.
///
/// Level-triggered, the kernel keeps every stream that it told of on its list, to look at it once
/// more in the next turn: some 3 % of a request that fits one read. So streams that are only read
/// are edge-triggered, as `readableOnce`.
@safe struct Epoll: ~Copyable {
  private let descriptor: Int32
  private let events: UnsafeMutablePointer<epoll_event>

  /// Events taken per turn: enough that a busy turn is one system call, few enough that timers
  /// and the ready list are not late.
  static let batchSize = 256

  static let readable = EPOLLIN.rawValue
  static let writable = EPOLLOUT.rawValue
  /// The peer sends no more.
  static let peerFinished = EPOLLRDHUP.rawValue
  /// Both directions are gone; epoll reports them whether asked or not.
  static let broken = EPOLLERR.rawValue | EPOLLHUP.rawValue

  /// Tells each condition once, also that the stream is broken, until the next `modify`.
  static let onChange = EPOLLET.rawValue
  /// Tells of input once: what a read leaves there is not told of until more comes, or `modify`. A
  /// read that brought less than it had room for has left nothing but the end, which is told
  /// beside the input.
  static let readableOnce = readable | peerFinished | onChange

  init() throws(EventLoopError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .systemCall(name: "epoll_create1", errno: errno) }
    unsafe events = .allocate(capacity: Self.batchSize)
  }

  deinit {
    unsafe events.deallocate()
    close(descriptor)
  }

  /// Each returns 0 or an errno.
  func add(_ target: Int32, events: UInt32, token: UInt64) -> Int32 {
    clinux_epoll_control(descriptor, EPOLL_CTL_ADD, target, events, token) == 0 ? 0 : errno
  }

  func modify(_ target: Int32, events: UInt32, token: UInt64) -> Int32 {
    clinux_epoll_control(descriptor, EPOLL_CTL_MOD, target, events, token) == 0 ? 0 : errno
  }

  /// Waits for events, at most `milliseconds` (-1 = for ever); returns how many there are.
  func wait(milliseconds: Int32) -> Int {
    // Safety: `events` has room for `batchSize` events, of which the kernel fills those returned.
    let count = unsafe clinux_epoll_wait(
      descriptor, events, Int32(Self.batchSize), milliseconds)
    // The only error of a valid set is EINTR, which is an empty batch.
    return count > 0 ? Int(count) : 0
  }

  /// Event `index` of the last batch; `index` is below what `wait` returned.
  func event(at index: Int) -> (events: UInt32, token: UInt64) {
    // Safety: the caller stays below the count of the last wait; `data` was filled as u64.
    unsafe (events[index].events, events[index].data.u64)
  }
}
