// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A watch of a `BlockingConnection`, over all the connections that it sees.
final class BlockingSubscription {
  let plan: WatchPlan
  /// What has come and was not taken.
  let feed: WatchFeed
  /// What the connection's session knows it by; nil while it is not asked for.
  var ticket: UInt64?
  /// The server has agreed once.
  var isAgreed = false
  /// Why it never did.
  var refusal: ClientError?
  /// Nothing comes any more.
  var isOver = false

  init(_ plan: WatchPlan) {
    self.plan = plan
    feed = WatchFeed(plan)
  }
}

/// Watches, which are asked for anew on each connection.
extension BlockingConnection {
  /// Begins a watch; returns its number when the server has agreed.
  func watch(_ plan: WatchPlan, until deadline: Deadline) throws(ClientError) -> UInt64 {
    let channel = try connected(until: deadline)
    let watch = BlockingSubscription(plan)
    lastWatch += 1
    let number = lastWatch
    watches[number] = watch
    if channel.isKnown { subscribe(number, channel) }
    do throws(ClientError) {
      while !watch.isAgreed {
        if let refusal = watch.refusal { throw refusal }
        guard try turn(until: deadline) else { throw .timeout(applied: .no) }
      }
      return number
    } catch {
      endWatch(number)
      throw error
    }
  }

  /// The next event of a watch; nil: none came until `deadline`, or the watch is over.
  func nextEvent(ofWatch number: UInt64, until deadline: Deadline) throws(ClientError)
    -> RegisterEvent?
  {
    guard let watch = watches[number] else { return nil }
    while true {
      if let answer = watch.feed.takeNow() {
        // Nothing more, or an error: it is over.
        guard case .success(let event?) = answer else {
          watches[number] = nil
          return try answer.get()
        }
        return event
      }
      do throws(ClientError) {
        if deadline <= .now { try connectInPassing() }
        guard try turn(until: deadline) else { return nil }
      } catch {
        // The watch goes on as soon as a server is there again.
        if error.isConnectionFailure, Deadline.now >= deadline { return nil }
        throw error
      }
    }
  }

  /// Nobody takes the events any more.
  func endWatch(_ number: UInt64) {
    guard let ticket = watches.removeValue(forKey: number)?.ticket, let channel else { return }
    channel.session.cancel(ticket: ticket, into: &channel.output)
  }

  func subscribe(_ number: UInt64, _ channel: BlockingChannel) {
    guard let watch = watches[number], watch.ticket == nil, !watch.isOver, !channel.isLeaving
    else { return }
    var command = ClientCommand.watch(watch.plan)
    if let register = command.register {
      switch place(of: register, for: .watch(number), channel) {
      case .here(let found)?: command = command.replacing(found)
      case .asItIs?: break
      case .gone?: return answered(watch: number, .failure(.notFound(name: register.name)))
      case nil: return
      }
    }
    let ticket = errandTicket(.watch(number))
    watch.ticket = ticket
    channel.session.submit(command, ticket: ticket, into: &channel.output)
  }

  /// A new connection stands: the oldest first.
  func subscribeAll(_ channel: BlockingChannel) {
    for number in watches.keys.sorted() { subscribe(number, channel) }
  }

  /// What the server says to a watch.
  func answered(watch number: UInt64, _ result: Result<ClientReply, ClientError>) {
    guard let watch = watches[number] else { return }
    switch result {
    case .success: watch.isAgreed = true
    // The next connection asks again.
    case .failure(let error) where error.isConnectionFailure || error.isOfEndingConnection:
      watch.ticket = nil
    case .failure(let error):
      watch.ticket = nil
      watch.isOver = true
      guard watch.isAgreed else {
        watch.refusal = error
        return
      }
      watch.feed.finish(watch.plan, refusedWith: error)
    }
  }

  func deliver(_ event: SessionEvent, _ channel: BlockingChannel) {
    guard let watch = watches.values.first(where: { $0.ticket == event.ticket }) else { return }
    switch event.kind {
    case .event(let event):
      watch.feed.push(event)
      if event.kind == .deleted, case .register = watch.plan.subject {
        watch.ticket = nil
        watch.isOver = true
      }
    case .interrupted:
      watch.ticket = nil
      watch.feed.interrupted()
      channel.leave()
    case .ended(let error):
      watch.ticket = nil
      watch.isOver = true
      watch.feed.finish(error)
    }
  }

  func interruptWatches() {
    for watch in watches.values {
      watch.ticket = nil
      watch.feed.interrupted()
    }
  }
}
