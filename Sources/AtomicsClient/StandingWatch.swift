// SPDX-License-Identifier: Apache-2.0

/// A watch of a client, over all the connections that it sees.
final class StandingWatch {
  let plan: WatchPlan
  let feed: WatchFeed
  /// Who waits for the server to agree; nil once it has, for the first time.
  var call: PendingCall?
  /// What the connection's session knows it by; nil while it is not asked for.
  var ticket: UInt64?

  init(_ plan: WatchPlan, feed: WatchFeed, call: PendingCall) {
    self.plan = plan
    self.feed = feed
    self.call = call
  }
}
