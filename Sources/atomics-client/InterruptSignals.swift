// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Dispatch
import Foundation
import Synchronization

/// Has SIGINT and SIGTERM end what a command waits for, instead of the process: the server hears of
/// it. The second one ends the process.
struct InterruptSignals {
  private let sources: [any DispatchSourceSignal]

  init(_ action: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "signals")
    let count = Counter()
    let listening = DispatchSemaphore(value: 0)
    sources = [SIGINT, SIGTERM].map { number in
      // Its default action would end the process before the source sees it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        // As a shell reports a process that the signal ended.
        if count.next() > 1 { _exit(128 + number) }
        action()
      }
      // A signal that came before the source listens would be lost.
      source.setRegistrationHandler { listening.signal() }
      source.resume()
      listening.wait()
      return source
    }
  }

  func end() { for source in sources { source.cancel() } }

  private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
  }
}

/// Runs asynchronous work while the calling thread waits for it, and cancels it on Ctrl-C.
///
/// - Throws: What the work does; `interruption` where it was cancelled.
func awaiting<Value: Sendable>(
  _ interruption: Interruption, _ work: @escaping @Sendable () async throws -> Value
) throws -> Value {
  let done = DispatchSemaphore(value: 0)
  let result = Mutex<Result<Value, any Error>?>(nil)
  let task = Task {
    do {
      let value = try await work()
      result.withLock { $0 = .success(value) }
    } catch {
      result.withLock { $0 = .failure(error) }
    }
    done.signal()
  }
  let signals = InterruptSignals { task.cancel() }
  defer { signals.end() }
  done.wait()
  guard let result = result.withLock({ $0 }) else { throw interruption }
  do {
    return try result.get()
  } catch ClientError.cancelled(applied: .no) {
    throw interruption
  }
}

/// The user ended a command that waits.
enum Interruption: Error {
  case interrupted
}
