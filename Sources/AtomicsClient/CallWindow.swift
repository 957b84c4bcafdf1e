// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A call of a `BlockingConnection` whose answer nobody has taken.
struct BlockingCall {
  enum Stage {
    /// The server never had it, or has surely not run it.
    case queued
    case sent
    case answered(Result<ClientReply, ClientError>)
    /// Sent, and nobody waits for the answer any more.
    case dropped
  }

  let command: ClientCommand
  /// When a wait's own time is up.
  let waitEnd: Deadline
  var stage = Stage.queued

  init(_ command: ClientCommand) {
    self.command = command
    waitEnd = command.waitEnd(from: .now)
  }
}

/// Calls by their tickets, which count up: an array whose front moves on.
///
///     ticket   7        8      9       10
///            (taken)  sent   sent   queued
///                     ▲ head
struct CallWindow {
  private var calls: [BlockingCall?] = []
  /// Everything before it was taken.
  private var head = 0
  /// The ticket at index 0.
  private var firstTicket: UInt64 = 1

  mutating func add(_ call: BlockingCall) -> UInt64 {
    calls.append(call)
    return firstTicket + UInt64(calls.count - 1)
  }

  private func index(_ ticket: UInt64) -> Int? {
    guard ticket >= firstTicket, ticket - firstTicket < UInt64(calls.count) else { return nil }
    return Int(ticket - firstTicket)
  }

  subscript(ticket: UInt64) -> BlockingCall? { index(ticket).flatMap { calls[$0] } }

  /// Changes the stage of a call that is there.
  mutating func set(_ stage: BlockingCall.Stage, of ticket: UInt64) {
    if let index = index(ticket) { calls[index]?.stage = stage }
  }

  /// Takes a call out.
  mutating func remove(_ ticket: UInt64) {
    guard let index = index(ticket) else { return }
    calls[index] = nil
    guard index == head else { return }
    while head < calls.count, calls[head] == nil { head += 1 }
    if head == calls.count {
      firstTicket += UInt64(calls.count)
      calls.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 1024, head * 2 >= calls.count {
      firstTicket += UInt64(head)
      calls.removeFirst(head)
      head = 0
    }
  }

  /// The tickets of the calls that are queued, in the order in which they were made.
  var queued: [UInt64] {
    calls.indices.compactMap { index in
      guard case .queued? = calls[index]?.stage else { return nil }
      return firstTicket + UInt64(index)
    }
  }
}
