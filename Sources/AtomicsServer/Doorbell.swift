// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService
import Synchronization

/// The thread that hears other processes ring for registers that are waited for or watched here,
/// and passes it on to the loops. It sleeps for good while there is nothing to ring for.
final class Doorbell: Sendable {
  private let service: RegisterService
  private let background: BackgroundLoop
  private var loop: EventLoop { background.loop }
  private let isEnding = Atomic(false)

  init(_ service: RegisterService) throws(EventLoopError) {
    self.service = service
    background = try BackgroundLoop()
    service.onFirstWatched { [weak self] in
      guard let self else { return }
      loop.execute { [weak self] in self?.listen() }
    }
  }

  /// Starts the thread. Once only.
  func start() throws(EventLoopError) {
    loop.execute { [self] in clearMarks(from: 0) }
    try background.start("atomics-doorbell")
  }

  func finish() {
    background.finish {
      isEnding.store(true, ordering: .relaxed)
      service.wakeDoorbell()
      loop.stop()
    }
  }

  /// So many rounds that found something may be in one period: who rings without an end, for
  /// whatever reason, is heard once in a while.
  private static let roundsInPeriod = 16
  private static let periodNanoseconds: UInt64 = 1_000_000

  private func listen() {
    var rounds = 0
    var end = Deadline.after(nanoseconds: Self.periodNanoseconds)
    while service.isWatching, !isEnding.load(ordering: .relaxed) {
      guard service.passRingsOn() else { continue }
      rounds += 1
      guard rounds >= Self.roundsInPeriod else { continue }
      let now = Deadline.now
      if now < end { service.rest(nanoseconds: Int(end.nanoseconds - now.nanoseconds)) }
      rounds = 0
      end = .after(nanoseconds: Self.periodNanoseconds)
    }
  }

  /// A part at a time, so that rings are heard meanwhile.
  private func clearMarks(from cursor: UInt64) {
    guard let next = service.clearStaleMarks(from: cursor) else { return }
    loop.execute { [weak self] in self?.clearMarks(from: next) }
  }
}
