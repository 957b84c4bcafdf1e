// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A server as one thread uses it that waits: calls go in and answers come out, connections come
/// and go behind it. The thread itself sends, listens and connects, and only in a call.
///
/// One thread at a time.
final class BlockingConnection {
  /// Calls are known by their tickets.
  typealias Asker = OpenAsker<UInt64>

  let server: RemoteServer
  let options: ClientOptions
  /// Nil: there is no connection.
  var channel: BlockingChannel?
  /// A server has greeted once: from then on connections are made again.
  var hasConnected = false
  /// No connection is made any more.
  var isClosed = false
  /// Something was answered, or pushed, since the turn began.
  var hasNews = false
  var policy = ReconnectPolicy()
  /// No attempt before.
  var notBefore = Deadline(nanoseconds: 0)
  /// Why there is no connection.
  var lastFailure: ClientError?

  var calls = CallWindow()
  /// Calls that were never sent, in order.
  var line = RequestQueue<UInt64>()
  /// Those that have their turn before.
  var again = RequestQueue<UInt64>()
  var errands: [UInt64: Errand] = [:]
  var lastErrand = CallTable.errandMark
  var handles = HandleMemory<Asker>()
  var watches: [UInt64: BlockingSubscription] = [:]
  var lastWatch: UInt64 = 0

  /// Connects, and sends nothing yet, except where there is TLS.
  init(to server: RemoteServer, options: ClientOptions) throws(ClientError) {
    self.server = server
    self.options = options
    _ = try connected(until: options.deadline)
  }

  /// Queues `command`; returns the ticket for its reply. Sends when a buffer's worth is queued.
  ///
  /// - Throws: ``ClientError/unreachable(server:reason:)`` where there is no connection, and none
  ///   could be made until `deadline`.
  func submit(_ command: ClientCommand, until deadline: Deadline) throws(ClientError) -> UInt64 {
    let channel = try connected(until: deadline)
    let ticket = calls.add(BlockingCall(command))
    line.append(ticket)
    // More in flight, and both sides could wait for the other to read. To half of it, so that the
    // next requests leave in one piece too. What the session itself has to say meanwhile, such as
    // that it can take more, must not wait.
    if channel.session.outstandingCount >= limit(channel) {
      while self.channel === channel, channel.session.outstandingCount > limit(channel) / 2 {
        if try !turn(until: deadline) { try expire(ticket) }
      }
    }
    if self.channel === channel {
      pump(channel)
      if channel.output.count >= 32 << 10 { flush(until: deadline) }
    }
    return ticket
  }

  /// Sends what is queued, as far as it goes until `deadline`. What goes wrong the replies tell.
  func flush(until deadline: Deadline) {
    guard let channel else { return }
    pump(channel)
    guard self.channel === channel else { return }
    do throws(ClientError) {
      _ = try channel.flush(until: min(deadline, options.deadline))
      takeReplies(of: channel)
    } catch {
      takeReplies(of: channel)
      end(channel, error)
    }
  }

  /// Waits for the reply of `ticket`.
  func reply(to ticket: UInt64, until deadline: Deadline) throws(ClientError) -> ClientReply {
    while true {
      if case .answered(let result)? = calls[ticket]?.stage {
        calls.remove(ticket)
        return try result.get()
      }
      let isTimely: Bool
      do throws(ClientError) {
        isTimely = try turn(until: deadline)
      } catch {
        // Then it was refused together with this.
        if case .answered? = calls[ticket]?.stage { continue }
        calls.remove(ticket)
        throw error
      }
      if !isTimely { try expire(ticket) }
    }
  }

  /// One command and its reply; a timeout of nil is the options', and a wait's own time before it.
  func call(
    _ command: ClientCommand, timeout: Duration? = nil
  ) throws(ClientError) -> ClientReply {
    let allowance = options.allowance(for: command, timeout)
    let deadline = allowance.map { Deadline.after(nanoseconds: $0) } ?? .never
    return try reply(to: submit(command, until: deadline), until: deadline)
  }

  /// Ends a call whose time is up, unless its answer has come.
  private func expire(_ ticket: UInt64) throws(ClientError) {
    guard let call = calls[ticket] else { return }
    switch call.stage {
    case .answered, .dropped: return
    case .queued:
      calls.remove(ticket)
      if channel == nil, let lastFailure { throw unreachable(lastFailure) }
      throw .timeout(applied: .no)
    case .sent:
      // Its answer is dropped when it comes.
      calls.set(.dropped, of: ticket)
      if let channel { channel.session.cancel(ticket: ticket, into: &channel.output) }
      throw .timeout(applied: call.command.appliedWhenLost)
    }
  }

  func unreachable(_ error: ClientError) -> ClientError {
    .unreachable(server: server.name, reason: error.reason)
  }

  // MARK: - Turns

  /// Connects where there is no connection, sends what is queued, and waits for something to come.
  /// False: the time is up.
  @discardableResult
  func turn(until deadline: Deadline) throws(ClientError) -> Bool {
    hasNews = false
    let channel = try connected(until: deadline)
    do throws(ClientError) {
      pump(channel)
      guard self.channel === channel else { return true }
      guard try channel.flush(until: min(deadline, options.deadline)) else {
        if deadline <= .now { return false }
        throw .timeout(applied: .unknown)
      }
      takeReplies(of: channel)
      // Somebody waits for that, perhaps, and for nothing else.
      if hasNews { return true }
      let silenceEnd = channel.silenceEnd(hasWatches: !watches.isEmpty)
      guard try channel.receive(until: min(deadline, silenceEnd)) else {
        return try judgeSilence(of: channel, deadline)
      }
    } catch {
      takeReplies(of: channel)
      end(channel, error)
      return true
    }
    takeReplies(of: channel)
    if let farewell = channel.session.farewell {
      end(channel, .connectionLost(reason: farewell, applied: .unknown))
    }
    return true
  }

  /// Nothing came. False: the time is up.
  private func judgeSilence(
    of channel: BlockingChannel, _ deadline: Deadline
  ) throws(ClientError) -> Bool {
    if deadline != .never, Deadline.now >= deadline { return false }
    if channel.isSilent {
      if channel.isOwed { throw .timeout(applied: .unknown) }
      // Only waits and watches, which may rightly take for ever: is it there at all?
      channel.listenAnew()
      channel.session.submit(.ping, ticket: errandTicket(.probe), into: &channel.output)
    }
    return true
  }

  /// Hands the session what may be sent.
  func pump(_ channel: BlockingChannel) {
    let session = channel.session
    if channel.isLeaving, session.outstandingCount == 0, session.quietlyAwaitedCount == 0 {
      return end(channel, .connectionLost(reason: "the server is shutting down", applied: .no))
    }
    let limit = limit(channel)
    while !channel.isLeaving, session.outstandingCount < limit,
      let ticket = again.first ?? line.first, !awaitsGreeting(ticket, channel)
    {
      _ = again.popFirst() ?? line.popFirst()
      start(ticket, channel)
    }
    // A command that the session refuses has its reply at once.
    takeReplies(of: channel)
  }

  /// Whether the call's register may be another one by now, which shows when the server has told
  /// whose arena it has. Those behind it wait as well: the order is theirs.
  private func awaitsGreeting(_ ticket: UInt64, _ channel: BlockingChannel) -> Bool {
    guard !channel.isKnown, let register = calls[ticket]?.command.register else { return false }
    if case .byName = register.place { return false }
    return true
  }

  private func limit(_ channel: BlockingChannel) -> Int {
    min(options.maximumInFlight, channel.session.inFlightLimit)
  }

  private func start(_ ticket: UInt64, _ channel: BlockingChannel) {
    guard let call = calls[ticket], case .queued = call.stage else { return }
    var command = call.command
    if let register = command.register {
      switch place(of: register, for: .call(ticket), channel) {
      case .here(let found)?: command = command.replacing(found)
      case .asItIs?: break
      case .gone?:
        hasNews = true
        return calls.set(.answered(.failure(.notFound(name: register.name))), of: ticket)
      case nil: return
      }
    }
    if call.waitEnd != .never { command = command.ending(at: call.waitEnd, now: .now) }
    if channel.session.outstandingCount == 0 { channel.listenAnew() }
    calls.set(.sent, of: ticket)
    channel.session.submit(command, ticket: ticket, into: &channel.output)
  }

  /// Where the register is on this connection; nil: it is being opened, and the asker has its turn
  /// when that is known.
  func place(
    of register: RegisterReference, for asker: Asker, _ channel: BlockingChannel
  ) -> RegisterPlace? {
    switch handles.verdict(on: register, for: asker) {
    case .asItIs: return .asItIs
    case .renewed(let found): return .here(found)
    case .gone: return .gone
    case .opening: return nil
    case .open(let key):
      channel.session.submit(
        .find(name: register.name), ticket: errandTicket(.open(key)), into: &channel.output)
      return nil
    }
  }

  func errandTicket(_ errand: Errand) -> UInt64 {
    lastErrand += 1
    errands[lastErrand] = errand
    return lastErrand
  }
}
