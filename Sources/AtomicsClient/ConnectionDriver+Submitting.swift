// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// From the lines of calls to the wire.
extension ConnectionDriver {
  /// Takes what has come and sends what waits. True where there is more than fits for now.
  func turn(_ session: LoopSession, into output: inout OutputBuffer) -> Bool {
    takeReplies(of: session)
    takeCalls()
    var hasMore = false
    if case .ready(let current) = state, current === session, !session.isLeaving {
      hasMore = submit(session, into: &output)
      // A command that the session refuses has its reply at once.
      takeReplies(of: session)
    }
    // A server that takes its leave owes its last word.
    let owed = session.session.outstandingCount + (session.isLeaving ? 1 : 0)
    session.silence.update(owed: owed, lasting: openWaits + watches.count, now: loop.now)
    wake(by: session.silence.nextLook)
    return hasMore
  }

  private func submit(_ session: LoopSession, into output: inout OutputBuffer) -> Bool {
    let engine = session.session
    for ticket in session.cancellations { engine.cancel(ticket: ticket, into: &output) }
    session.cancellations.removeAll()
    if session.mustProbe {
      session.mustProbe = false
      engine.submit(.ping, ticket: errandTicket(.probe), into: &output)
    }
    // Waits and watches may take of what the server allows.
    var limit: Int { min(options.maximumInFlight, engine.inFlightLimit) }
    while engine.outstandingCount < limit, let watch = unsubscribed.popFirst() {
      subscribe(watch, session, into: &output)
      if output.isFull { return true }
    }
    while engine.outstandingCount < limit, let call = calls.next() {
      start(call, session, into: &output)
      if output.isFull { return true }
    }
    while openWaits < engine.waitLimit, engine.outstandingCount < limit,
      let call = calls.nextWait()
    {
      start(call, session, into: &output)
      if output.isFull { return true }
    }
    return false
  }

  private func start(
    _ call: PendingCall, _ session: LoopSession, into output: inout OutputBuffer
  ) {
    guard call.deadline > loop.now else {
      return finish(call, .failure(.timeout(applied: .no)))
    }
    if let feed = call.feed, case .watch(let plan) = call.command {
      return begin(StandingWatch(plan, feed: feed, call: call), session, into: &output)
    }
    var command = call.command
    if let register = command.register {
      switch place(of: register, for: .call(call), session, into: &output) {
      case .here(let register)?: command = command.replacing(register)
      case .asItIs?: break
      case .gone?: return finish(call, .failure(.notFound(name: register.name)))
      case nil: return
      }
    }
    call.stage = .sent
    if call.isWait {
      openWaits += 1
      call.isAnswered = false
      command = command.ending(at: call.waitEnd, now: loop.now)
    }
    session.session.submit(command, ticket: call.ticket, into: &output)
  }

  /// Where the register is on this connection; nil: it is being opened, and the asker has its turn
  /// when that is known.
  func place(
    of register: RegisterReference, for asker: Asker, _ session: LoopSession,
    into output: inout OutputBuffer
  ) -> RegisterPlace? {
    switch handles.verdict(on: register, for: asker) {
    case .asItIs: return .asItIs
    case .renewed(let register): return .here(register)
    case .gone: return .gone
    case .opening: return nil
    case .open(let key):
      session.session.submit(
        .find(name: register.name), ticket: errandTicket(.open(key)), into: &output)
      return nil
    }
  }

  func errandTicket(_ errand: Errand) -> UInt64 {
    lastErrand += 1
    errands[lastErrand] = errand
    return lastErrand
  }
}
