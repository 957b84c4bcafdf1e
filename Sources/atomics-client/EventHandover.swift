// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Dispatch
import Synchronization

/// Takes events from tasks to the thread that prints them, each when it is printed: what comes
/// meanwhile stays where the latest wins.
final class EventHandover: Sendable {
  private struct Offer {
    var event: RegisterEvent
    var taken: CheckedContinuation<Void, Never>
  }

  private struct State {
    var offers: [Offer] = []
    var end: Result<Void, any Error>?
  }

  private let state = Mutex(State())
  /// Raised for each offer, and for the end.
  private let isThere = DispatchSemaphore(value: 0)

  /// Returns when the event is taken.
  func hand(_ event: RegisterEvent) async {
    await withCheckedContinuation { taken in
      state.withLock { $0.offers.append(Offer(event: event, taken: taken)) }
      isThere.signal()
    }
  }

  /// Nothing more comes.
  func finish(_ error: (any Error)?) {
    state.withLock { $0.end = error.map { .failure($0) } ?? .success(()) }
    isThere.signal()
  }

  /// Waits for the next event; nil at the end.
  func next() throws -> RegisterEvent? {
    isThere.wait()
    let offer = state.withLock { $0.offers.isEmpty ? nil : $0.offers.removeFirst() }
    guard let offer else {
      try state.withLock { $0.end }?.get()
      return nil
    }
    offer.taken.resume()
    return offer.event
  }
}
