// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// One connection's protocol without its socket: commands become bytes, bytes become replies.
///
/// Not safe across threads; whoever owns the connection owns the session.
protocol ClientSession: AnyObject {
  /// The connection's number, which no other of this process has.
  var connection: UInt64 { get }
  /// The server's arena; nil until it is told, and where the protocol tells none.
  var arena: ArenaMark? { get }
  /// Commands without a reply so far, waits aside: the server owes them an answer at once, and
  /// its silence means that it is gone.
  var outstandingCount: Int { get }
  /// Waits without an answer so far, which may rightly take for ever: they do not count among
  /// ``outstandingCount``, nor does silence mean anything while there is nothing else.
  var quietlyAwaitedCount: Int { get }
  /// Waits that the server takes at once.
  var waitLimit: Int { get }
  /// The server has greeted: it speaks this protocol.
  var isReady: Bool { get }
  /// Requests that the server takes ahead of their replies, as far as it has said so.
  var inFlightLimit: Int { get }
  /// Why the server said it would hang up, once it did.
  var farewell: String? { get }

  /// Appends what opens the connection.
  func begin(into output: inout OutputBuffer)

  /// Appends `command`. Its reply comes from `nextReply` under `ticket`, also where the session
  /// refuses it at once.
  func submit(_ command: ClientCommand, ticket: UInt64, into output: inout OutputBuffer)

  /// Takes whole messages from the front of `bytes`; returns how many bytes that were.
  ///
  /// - Throws: ``ClientError/protocolViolation(_:)`` and what the server says when it hangs up.
  func receive(_ bytes: Span<UInt8>, into output: inout OutputBuffer) throws(ClientError) -> Int

  /// The next reply that has come.
  func nextReply() -> SessionReply?

  /// The next event of a watch that has come. Take them all after each ``receive``: what is left
  /// is kept, and the server sends more.
  func nextEvent() -> SessionEvent?

  /// Nobody waits any more for the wait or the watch that was submitted under `ticket`: tells the
  /// server. A wait has its reply all the same: what it had done before that, or `cancelled`, which
  /// says whether that is known. A
  /// watch has no events after this, and one that was not answered yet has the reply `cancelled`.
  /// Nothing happens where the wait or the watch is over.
  func cancel(ticket: UInt64, into output: inout OutputBuffer)

  /// Nothing is submitted any more: the connection ends once all that is under way is answered.
  /// What would hold that up, and may be asked for elsewhere, ends now: `nextReply` tells it.
  func leave()

  /// Ends every command that has no reply with `reason`; `nextReply` then tells them. Watches that
  /// stood are over without a word.
  func abandon(_ reason: AbandonReason)
}

extension ClientSession {
  var arena: ArenaMark? { nil }
  var quietlyAwaitedCount: Int { 0 }
  var waitLimit: Int { inFlightLimit }
  func leave() {}
}

/// What a session has to tell.
enum SessionNews {
  case reply(SessionReply)
  case event(SessionEvent)
}

extension ClientSession {
  /// What comes next: replies before events. Ask until there is nothing: what is made of an event
  /// may end waits, which have replies.
  func nextNews() -> SessionNews? {
    if let reply = nextReply() { return .reply(reply) }
    return nextEvent().map { .event($0) }
  }
}

/// A reply and whose it is.
struct SessionReply {
  var ticket: UInt64
  var result: Result<ClientReply, ClientError>
}

/// Why a connection's commands end without replies.
enum AbandonReason {
  case lost(String)
  /// The server took its leave first: what it has not answered it has not done.
  case dismissed(String)
  case timeout
  case broken(ClientError)

  /// The error of a command that, once sent, leaves open what `applied` says.
  func error(_ applied: Applied) -> ClientError {
    switch self {
    case .dismissed(let reason): .connectionLost(reason: reason, applied: .no)
    default: error(known: applied)
    }
  }

  /// The error of a command of which `applied` is known.
  func error(known applied: Applied) -> ClientError {
    switch self {
    case .lost(let reason), .dismissed(let reason):
      .connectionLost(reason: reason, applied: applied)
    case .timeout: .timeout(applied: applied)
    // What is known of the command itself says more.
    case .broken(.connectionLost(let reason, .unknown)):
      .connectionLost(reason: reason, applied: applied)
    case .broken(let error): error
    }
  }
}
