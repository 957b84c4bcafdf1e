// SPDX-License-Identifier: Apache-2.0

/// From the session to who waits.
extension BlockingConnection {
  func takeReplies(of channel: BlockingChannel) {
    noteGreeting(of: channel)
    while let news = channel.session.nextNews() {
      hasNews = true
      switch news {
      case .event(let event): deliver(event, channel)
      case .reply(let reply): take(reply, channel)
      }
    }
    channel.noteReplies()
  }

  private func take(_ reply: SessionReply, _ channel: BlockingChannel) {
    if reply.ticket >= CallTable.errandMark {
      if let errand = errands.removeValue(forKey: reply.ticket) { answered(errand, reply.result) }
    } else if let call = calls[reply.ticket] {
      answered(call, reply, channel)
    }
  }

  private func answered(
    _ call: BlockingCall, _ reply: SessionReply, _ channel: BlockingChannel
  ) {
    if case .dropped = call.stage { return calls.remove(reply.ticket) }
    if case .failure(let error) = reply.result, call.command.canBeRepeated(after: error) {
      // Whatever the reason, this connection is not the one to repeat it on.
      channel.leave()
      calls.set(.queued, of: reply.ticket)
      return again.append(reply.ticket)
    }
    if case .wait = call.command, case .failure(.cancelled) = reply.result {
      channel.leave()
    }
    policy.answered(reply.result)
    calls.set(.answered(reply.result.mapError { call.command.told($0) }), of: reply.ticket)
  }

  private func answered(_ errand: Errand, _ result: Result<ClientReply, ClientError>) {
    switch errand {
    case .probe: break
    case .watch(let number):
      policy.answered(result)
      // It is asked for again on the next connection.
      if case .failure(let error) = result, error.isOfEndingConnection { channel?.leave() }
      answered(watch: number, result)
    case .open(let key):
      if case .failure(let error) = result, error.isOfEndingConnection { channel?.leave() }
      let found = result.flatMap(\.asFoundRegister)
      for asker in handles.opened(key, as: found) { tell(asker, found) }
    }
  }

  /// The register that somebody needs was opened, or not.
  private func tell(_ asker: Asker, _ found: Result<RegisterReference, ClientError>) {
    let refusal = found.refusal
    switch asker {
    case .call(let ticket):
      if let refusal {
        calls.set(.answered(.failure(refusal)), of: ticket)
      } else {
        again.append(ticket)
      }
    case .watch(let number):
      if let refusal {
        answered(watch: number, .failure(refusal))
      } else if let channel {
        subscribe(number, channel)
      }
    }
  }
}
