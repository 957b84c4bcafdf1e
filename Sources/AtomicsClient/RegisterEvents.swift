// SPDX-License-Identifier: Apache-2.0

/// The events of a watch, in the order in which they became known; see
/// ``RegisterClient/watch(_:interval:timeout:)``.
///
///     for try await event in try await atomics.watch(prefix: "jobs/") {
///       print(event.name, event.kind)
///     }
///
/// **The latest wins**: a consumer that is slower than the changes finds the newest value of each
/// register, told as a gap. So memory is bounded by the registers that are watched, about 200 bytes
/// each, and no other watch or call is held up.
///
/// It ends when the register was deleted, of a prefix never by itself. When the connection is lost
/// it goes on over the next one: what comes first of each register then is a gap. A register of a
/// prefix that was deleted in between is not told of.
///
/// This and its iterators keep the client, which may be forgotten otherwise.
///
/// The watch ends at the server when the task that takes the events is cancelled, which throws
/// ``ClientError/cancelled(applied:)``, and when this and its iterators are gone.
///
/// **Thread safety**: one consumer, in any task.
public struct RegisterEvents: AsyncSequence, Sendable {
  public typealias Element = RegisterEvent
  public typealias Failure = ClientError

  private let consumer: WatchConsumer

  init(_ feed: WatchFeed, of client: RegisterClient) {
    consumer = WatchConsumer(feed, of: client)
  }

  public func makeAsyncIterator() -> Iterator { Iterator(consumer: consumer) }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let consumer: WatchConsumer

    /// The next event; nil when the watch is over.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> RegisterEvent? {
      try await consumer.feed.next()
    }
  }
}

/// Ends the watch when nobody can take its events any more.
final class WatchConsumer: Sendable {
  let feed: WatchFeed
  /// Kept for as long as its events are wanted: without it they would end.
  private let client: RegisterClient

  init(_ feed: WatchFeed, of client: RegisterClient) {
    self.feed = feed
    self.client = client
  }

  deinit { feed.leave() }
}
