// SPDX-License-Identifier: Apache-2.0

/// Commands that wait for others, for tasks: their threads must not stand still meanwhile.
extension LocalRegisters {
  /// Carries out `command`: on a thread of its own where it may have to wait for the directory's
  /// lock, or for the server that holds the directory; at once where not.
  ///
  /// - Throws: `timeout` and `cancelled` at once when it is time; the thread then ends by itself,
  ///   and what comes of it is dropped.
  func call(
    _ command: ClientCommand, timeout: Duration?
  ) async throws(ClientError) -> ClientReply {
    try checkOpen()
    guard command.mayWaitForOthers else { return try run(command) }
    if Task.isCancelled { throw .cancelled(applied: .no) }
    let nanoseconds = timeout.map { $0.clampedNanoseconds } ?? options.timeoutNanoseconds
    guard nanoseconds > 0 else { throw .timeout(applied: .no) }
    let answer = FirstAnswer()
    let applied = command.appliedWhenLost
    let number = try lasting.begin {
      let reason = "the client was closed"
      answer.give(
        .failure(applied == .no ? .closed : .connectionLost(reason: reason, applied: applied)))
    }
    defer { lasting.isOver(number) }
    let clock = Task {
      // A hundred years: sums stay sums.
      let pause = Int64(min(nanoseconds, 3_155_760_000_000_000_000))
      try await Task.sleep(for: .nanoseconds(pause))
      answer.give(.failure(.timeout(applied: applied)))
    }
    defer { clock.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: FirstAnswer.Waiter) in
        answer.wait(waiter)
        start { [self] in
          answer.give(FirstAnswer.Answer { () throws(ClientError) in try run(command) })
        } orElse: {
          answer.give(.failure($0))
        }
      }
    } onCancel: {
      answer.give(.failure(.cancelled(applied: applied)))
    }
    return try result.get()
  }

  /// Ends waits, watches and commands under way; later ones, operations too, are refused.
  func close() { lasting.close() }

  /// - Complexity: One load, as it is part of each operation.
  func checkOpen() throws(ClientError) {
    if lasting.isClosed { throw .closed }
  }
}

extension ClientCommand {
  /// Whether somebody else may hold it up over the map.
  fileprivate var mayWaitForOthers: Bool {
    switch self {
    case .create, .delete, .deleteOwned, .pin, .arenaReport: true
    case .find, .perform, .wait, .watch, .notify, .list, .info, .ping, .capabilities: false
    }
  }
}
