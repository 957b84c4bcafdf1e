// SPDX-License-Identifier: Apache-2.0

extension RegisterClient {
  /// Watches a register: its value comes at once, then whenever it is another one, and last that it
  /// was deleted. Returns when the server has agreed.
  ///
  /// Values that follow each other faster than they are taken become one event, and one that passes
  /// by between two looks is not seen; the last one always is.
  ///
  /// - Parameters:
  ///   - interval: The least time between two events of one register, in whole milliseconds,
  ///     rounded up. Over the map one at least.
  ///   - timeout: How long the watch may take to begin; nil: as the options say.
  /// - Throws: ``ClientError/notFound(name:)``; `rejected` with `too-many-requests` past the
  ///   server's limit (128 watches of a connection by default, over HTTP 112 with its waits) or
  ///   that of the map (256 with its waits, each of which has a thread).
  public func watch(
    _ register: RegisterReference, interval: Duration = .zero, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterEvents {
    try await watch(.register(register), interval, timeout)
  }

  /// Watches every register whose name begins with `prefix`, those that are made later too, as far
  /// as the server's rules let the caller read them. Not over the map.
  public func watch(
    prefix: String, interval: Duration = .zero, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterEvents {
    try await watch(.prefix(prefix), interval, timeout)
  }

  private func watch(
    _ subject: WatchPlan.Subject, _ interval: Duration, _ timeout: Duration?
  ) async throws(ClientError) -> RegisterEvents {
    let plan = WatchPlan(subject, interval: interval)
    try plan.check()
    let feed = WatchFeed(plan)
    switch transport {
    case .remote(let connection):
      try await connection.watch(plan, feed: feed, timeout: timeout)
    case .map(let registers): try registers.watch(plan, feed: feed)
    }
    return RegisterEvents(feed, of: self)
  }
}
