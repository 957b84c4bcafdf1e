// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// From the wire to who waits.
extension ConnectionDriver {
  func takeReplies(of session: LoopSession) {
    while let news = session.session.nextNews() {
      switch news {
      case .event(let event): deliver(event, session)
      case .reply(let reply): take(reply, session)
      }
    }
  }

  private func take(_ reply: SessionReply, _ session: LoopSession) {
    if reply.ticket >= CallTable.errandMark {
      if let errand = errands.removeValue(forKey: reply.ticket) {
        answered(errand, reply.result, session)
      }
    } else if let call = calls[reply.ticket] {
      answered(call, reply.result, session)
    }
  }

  private func answered(
    _ call: PendingCall, _ result: PendingCall.Answer, _ session: LoopSession
  ) {
    if case .failure(let error) = result, call.canBeRepeated(after: error) {
      if call.isWait { openWaits -= 1 }
      // Whatever the reason, this connection is not the one to repeat it on.
      session.leave()
      calls.putBack(call)
      return
    }
    policy.answered(result)
    call.isAnswered = true
    if call.isCancelled, case .failure(let error) = result, error.isConnectionFailure {
      return finish(call, .failure(.cancelled(applied: error.applied)))
    }
    guard !call.isCancelled else { return finish(call, result) }
    if call.isWait, case .failure(.cancelled) = result { session.leave() }
    finish(call, result.mapError { call.command.told($0) })
  }

  private func answered(
    _ errand: Errand, _ result: PendingCall.Answer, _ session: LoopSession
  ) {
    switch errand {
    case .probe: break
    case .watch(let watch):
      // No use of the connection: one that broke with the first event would be made anew at once,
      // for ever.
      if case .failure(let error) = result, error.isOfEndingConnection { session.leave() }
      answered(watch: watch, result)
    case .open(let key):
      if case .failure(let error) = result, error.isOfEndingConnection { session.leave() }
      let found = result.flatMap(\.asFoundRegister)
      for asker in handles.opened(key, as: found) { tell(asker, found) }
    }
  }

  /// The register that somebody needs was opened, or not.
  private func tell(_ asker: Asker, _ found: Result<RegisterReference, ClientError>) {
    let refusal = found.refusal
    switch asker {
    case .call(let call):
      guard call.stage != .ended else { return }
      if let refusal { finish(call, .failure(refusal)) } else { calls.putBack(call) }
    case .watch(let watch):
      if let refusal {
        answered(watch: watch, .failure(refusal))
      } else if watches[watch] != nil {
        unsubscribed.append(watch)
      }
    }
  }
}
