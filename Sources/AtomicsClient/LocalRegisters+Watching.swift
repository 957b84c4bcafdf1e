// SPDX-License-Identifier: Apache-2.0

import EventLoop
import SharedArena

/// Watches over the map: a thread that waits for each next value.
extension LocalRegisters {
  /// Has `feed` told of the values of one register until its consumer is gone.
  ///
  /// - Throws: `usage` for a prefix: to see registers come and go is the server's business.
  func watch(_ plan: WatchPlan, feed: WatchFeed) throws(ClientError) {
    try plan.check()
    guard case .register(let register) = plan.subject else {
      throw Self.watchesNoPrefix
    }
    // Found here, so that the caller hears at once that it is not there.
    _ = try liveHandle(of: register)
    let cancellation = MapCancellation()
    let number = try lasting.begin { [self] in end(cancellation, of: register) }
    feed.onEnd = { [self] in end(cancellation, of: register) }
    var refusal: ClientError?
    start { [self] in
      follow(register, plan.pauseNanoseconds, feed, unless: cancellation)
      lasting.isOver(number)
    } orElse: {
      refusal = $0
    }
    if let refusal {
      lasting.isOver(number)
      feed.finish(refusal)
      throw refusal
    }
  }

  static let watchesNoPrefix = ClientError.usage(
    "Over the map one register is watched at a time: to watch a prefix use the arena's server, "
      + "by unix:PATH or atr://HOST:PORT.")

  private func follow(
    _ register: RegisterReference, _ pause: UInt64, _ feed: WatchFeed,
    unless cancellation: MapCancellation
  ) {
    var last: UInt128?
    do throws(ClientError) {
      let arena = try arena()
      while true {
        let (value, _) = try look(
          at: register, until: { $0 != last }, before: .never, unless: cancellation)
        feed.push(RegisterEvent(name: register.name, type: register.type, kind: .value(value)))
        last = value
        rest(pause, in: arena, unless: cancellation)
      }
    } catch {
      switch error {
      case .notFound:
        feed.push(RegisterEvent(name: register.name, type: register.type, kind: .deleted))
      // By who takes the events, or because all ends.
      case .cancelled: if lasting.isClosed { feed.finish(.closed) }
      default: feed.finish(error)
      }
    }
  }

  /// Between two looks, so that a register that changes all the time costs no whole processor.
  private func rest(_ pause: UInt64, in arena: Arena, unless cancellation: MapCancellation) {
    let end = Deadline.after(nanoseconds: pause)
    var now = Deadline.now
    while now < end, !cancellation.isCancelled {
      arena.rest(nanoseconds: Int(min(end.nanoseconds - now.nanoseconds, 50_000_000)))
      now = .now
    }
  }
}
