// SPDX-License-Identifier: Apache-2.0

/// Work for later, and the deadlines of streams.
extension EventLoop {
  /// Names a scheduled piece of work, for `cancel(_:)`.
  public struct Timer: Hashable, Sendable {
    let number: UInt64
  }

  /// Runs `work` once on this loop, not earlier than `nanoseconds` from this turn; late by up to a
  /// millisecond and the turn under way. Dropped by `stop()`.
  @discardableResult
  public func schedule(
    afterNanoseconds nanoseconds: UInt64, _ work: @escaping () -> Void
  ) -> Timer {
    nextTimerNumber += 1
    // The mark keeps a timer's number apart from a stream's token.
    let number = nextTimerNumber | Token.firstSpecial
    timerWork[number] = work
    timers.push(.init(deadline: now.advanced(by: nanoseconds), key: number))
    return Timer(number: number)
  }

  /// Does nothing when the work has run already.
  public func cancel(_ timer: Timer) {
    if timerWork.removeValue(forKey: timer.number) == nil { return }
    timers.noteStale()
    sweepTimers()
  }

  func setDeadline(_ deadline: Deadline, of stream: Stream) {
    if stream.isClosed { return }
    stream.deadline = deadline
    // An entry that comes up too early moves itself to the new deadline then.
    if deadline < stream.armedDeadline { arm(stream, deadline) }
  }

  private func arm(_ stream: Stream, _ deadline: Deadline) {
    if stream.armedDeadline != .never { timers.noteStale() }
    stream.armedDeadline = deadline
    timers.push(.init(deadline: deadline, key: stream.token))
    sweepTimers()
  }

  func fireTimers(_ output: inout OutputBuffer) {
    // Work that schedules more at once has it run next turn.
    var budget = timers.count
    while budget > 0, let entry = timers.first, entry.deadline <= now {
      budget -= 1
      timers.removeFirst()
      if entry.key >= Token.firstSpecial {
        if let work = timerWork.removeValue(forKey: entry.key) {
          work()
        } else {
          timers.noteStaleRemoved()
        }
      } else if let stream = stream(entry.key), stream.armedDeadline == entry.deadline {
        stream.armedDeadline = .never
        expire(stream, &output)
      } else {
        timers.noteStaleRemoved()
      }
    }
  }

  private func expire(_ stream: Stream, _ output: inout OutputBuffer) {
    if stream.deadline > now {
      if stream.deadline != .never { arm(stream, stream.deadline) }
      return
    }
    stream.deadline = .never
    if stream.isLingering { return close(stream, .finished) }
    // Nothing to ask the handler: it is waiting for a connection, or for a peer that takes no more.
    if stream.isConnecting || stream.isFinishing { return close(stream, .deadline) }
    signal(stream, &output) { handler, output in
      handler.deadlineReached(into: &output, stream: stream)
    }
  }

  private func sweepTimers() {
    guard timers.wantsSweep else { return }
    timers.sweep { entry in
      if entry.key >= Token.firstSpecial { return timerWork[entry.key] != nil }
      return stream(entry.key)?.armedDeadline == entry.deadline
    }
  }
}
