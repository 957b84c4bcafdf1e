// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Watches, which are asked for anew on each connection.
extension ConnectionDriver {
  /// The first time that a watch is asked for.
  func begin(
    _ watch: StandingWatch, _ session: LoopSession, into output: inout OutputBuffer
  ) {
    lastWatch += 1
    watches[lastWatch] = watch
    watch.call?.watch = lastWatch
    watch.call?.stage = .sent
    subscribe(lastWatch, session, into: &output)
  }

  func subscribe(_ number: UInt64, _ session: LoopSession, into output: inout OutputBuffer) {
    guard let watch = watches[number], watch.ticket == nil else { return }
    var command = ClientCommand.watch(watch.plan)
    if let register = command.register {
      switch place(of: register, for: .watch(number), session, into: &output) {
      case .here(let register)?: command = command.replacing(register)
      case .asItIs?: break
      case .gone?: return answered(watch: number, .failure(.notFound(name: register.name)))
      case nil: return
      }
    }
    let ticket = errandTicket(.watch(number))
    watch.ticket = ticket
    watchNumbers[ticket] = number
    session.session.submit(command, ticket: ticket, into: &output)
  }

  /// What the server says to a watch.
  func answered(watch number: UInt64, _ result: PendingCall.Answer) {
    guard let watch = watches[number] else { return }
    switch result {
    case .success:
      guard let call = watch.call else { return }
      watch.call = nil
      finish(call, .success(.watching))
    // The next connection asks again.
    case .failure(let error) where error.isConnectionFailure || error.isOfEndingConnection:
      forgetTicket(of: watch)
    case .failure(let error):
      forget(number)
      if let call = watch.call {
        finish(call, .failure(error))
      } else {
        watch.feed.finish(watch.plan, refusedWith: error)
      }
    }
  }

  func deliver(_ event: SessionEvent, _ session: LoopSession) {
    guard let number = watchNumbers[event.ticket], let watch = watches[number] else { return }
    switch event.kind {
    case .event(let event):
      watch.feed.push(event)
      if event.kind == .deleted, case .register = watch.plan.subject {
        forget(number)
        watch.feed.finish(nil)
      }
    case .interrupted:
      // Asked for again with the others, when the connection has ended.
      forgetTicket(of: watch)
      watch.feed.interrupted()
      session.leave()
    case .ended(let error):
      forget(number)
      watch.feed.finish(error)
    }
  }

  /// The call that began a watch has ended; with an error nobody wants the watch.
  func callEnded(ofWatch number: UInt64, _ answer: PendingCall.Answer) {
    guard case .failure = answer else { return }
    giveUp(number)
  }

  /// Nobody takes the events any more.
  func consumerLeft(_ call: PendingCall) {
    if let number = call.watch { giveUp(number) }
    // The server may not even have agreed.
    cancel(call)
  }

  private func giveUp(_ number: UInt64) {
    guard let ticket = forget(number)?.ticket, case .ready(let session) = state else { return }
    session.cancellations.append(ticket)
    session.stream?.requestTurn()
  }

  @discardableResult
  private func forget(_ number: UInt64) -> StandingWatch? {
    guard let watch = watches.removeValue(forKey: number) else { return nil }
    if let ticket = watch.ticket { watchNumbers[ticket] = nil }
    return watch
  }

  private func forgetTicket(of watch: StandingWatch) {
    if let ticket = watch.ticket { watchNumbers[ticket] = nil }
    watch.ticket = nil
  }

  /// The connection is lost: all watches have to be asked for again, the oldest first.
  func interruptWatches() {
    unsubscribed = RequestQueue()
    for (number, watch) in watches.sorted(by: { $0.key < $1.key }) {
      forgetTicket(of: watch)
      watch.feed.interrupted()
      unsubscribed.append(number)
    }
  }

  func endWatches(_ error: ClientError) {
    let ended = watches.values
    watches = [:]
    watchNumbers = [:]
    unsubscribed = RequestQueue()
    for watch in ended { watch.feed.finish(error) }
  }
}
