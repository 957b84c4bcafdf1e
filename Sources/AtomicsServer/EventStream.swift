// SPDX-License-Identifier: Apache-2.0

import RegisterService

/// An answer that goes on as long as its client: what becomes of some registers, as events.
///
/// What there is to tell waits in the hub's client, one event for each register at most, in which
/// the latest value wins; it becomes text when the reader has taken what was written before.
final class EventStream {
  /// Unsent text of one stream from which nothing more is written to it.
  static let unsentLimit = 4096

  /// The request.
  let stream: UInt32
  private let names: [String]
  private let hasPrefix: Bool
  private(set) var client: WaitClient?
  /// Those of `names` that were not deleted.
  private var openNames: Int
  private var id: EventID
  private var caller: Caller?
  /// Why it ends before its client does; told when everything else is.
  private var reason: Problem?
  /// Whether it ends when there is nothing to tell.
  private var isLast = false
  /// Whether it is among those that have something to tell.
  var isListed = false
  /// When something was written last.
  var writtenAt: UInt64

  init(_ stream: UInt32, _ question: WatchQuestion, _ id: EventID, now: UInt64) {
    self.stream = stream
    self.id = id
    names = question.subjects.map(\.name)
    openNames = names.count
    hasPrefix = !question.prefixes.isEmpty
    caller = question.caller
    writtenAt = now
  }

  /// Begins to watch.
  ///
  /// - Throws: `.limit`, or `.gone` for a register that was deleted just now: nothing is watched.
  func begin(
    _ question: WatchQuestion, with client: WaitClient, now: UInt64
  ) throws(ServiceError) {
    do throws(ServiceError) {
      for (key, subject) in question.subjects.enumerated() {
        _ = try client.watch(
          subject.register, key: UInt32(key), interval: question.intervalNanoseconds, now: now)
      }
      for prefix in question.prefixes {
        _ = try client.watch(
          prefix: prefix, key: 0, interval: question.intervalNanoseconds
        ) { [weak self] name in self?.mayRead(name) ?? false }
      }
    } catch {
      client.close()
      throw error
    }
    self.client = client
  }

  /// Nothing more is told.
  func close() {
    client?.close()
    client = nil
  }

  // MARK: - What there is to tell

  /// Whether there is something to tell, be it the end.
  var hasNews: Bool { reason != nil || isLast || client?.hasEvents ?? true }

  /// The first text of the answer.
  func begin(_ text: inout EventText, isResumed: Bool) {
    // Long enough that a server that restarts is not run down by those who come back.
    text.retry(milliseconds: 1000)
    if isResumed { text.gapOfAll(id.next()) }
  }

  /// Writes what there is, `left` events of it at most.
  ///
  /// - Returns: False: that was the end.
  func write(into text: inout EventText, _ left: inout Int, now: UInt64) -> Bool {
    while left > 0, text.count < Self.unsentLimit, let event = client?.nextEvent(now: now) {
      left -= 1
      write(event, into: &text)
    }
    if left > 0, text.count < Self.unsentLimit { return !writesEnd(into: &text) }
    return true
  }

  /// Writes the end, if it is due; everything else was told.
  func writesEnd(into text: inout EventText) -> Bool {
    if let reason {
      text.ended(id.next(), reason)
      return true
    }
    return isLast || !hasPrefix && openNames == 0
  }

  private func write(_ event: WatchEvent, into text: inout EventText) {
    if case .ended(let error) = event.kind { return end(Problem(error)) }
    guard let type = event.type else { return }
    switch event.kind {
    case .value(let value, let skips):
      if skips {
        text.gap(id.next(), name: name(of: event), missed: event.skipped, value, type)
      } else {
        text.change(id.next(), name: name(of: event), value, type, change: event.changes)
      }
    case .deleted:
      if event.name.isEmpty { openNames -= 1 }
      text.deleted(id.next(), name: name(of: event), type)
    case .ended: break
    }
  }

  private func name(of event: WatchEvent) -> String {
    event.name.isEmpty ? names[Int(event.key)] : event.name
  }

  // MARK: - The end

  /// Tells nothing more but why.
  func end(_ reason: Problem) {
    guard self.reason == nil else { return }
    client?.stop()
    self.reason = reason
  }

  /// Tells what there is, and ends.
  func endSoon() { isLast = true }

  // MARK: - Rights

  private func mayRead(_ name: String) -> Bool {
    caller?.access.allows(.read, on: name.utf8.span) ?? true
  }

  /// The access rules have changed: goes on where they are alike for the client, or as far as its
  /// registers are concerned.
  ///
  /// - Returns: Whether that ends the stream.
  func reconsider() -> Bool {
    guard let caller, caller.isOutdated, reason == nil else { return false }
    guard let renewed = caller.renewed else {
      end(JSONAPI.unauthorized("Bearer", "the access rules have changed, and know you no more"))
      return true
    }
    let isAlike = renewed.access.isAlike(caller.access)
    self.caller = renewed
    // What a prefix shows was asked when the registers were found.
    if isAlike || !hasPrefix && names.allSatisfy(mayRead) { return false }
    end(
      JSONAPI.unauthorized(
        "Bearer", "the access rules have changed for you: connect again, and watch anew"))
    return true
  }
}
