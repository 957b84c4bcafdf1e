// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Ends a run from another thread. Any thread.
public final class LoadControl: Sendable {
  private struct State {
    var isStopped = false
    var coordinator: SliceCoordinator?
  }

  private let state = Mutex(State())

  public init() {}

  /// Has the run end soon, with the slices that were measured by then.
  public func stop() {
    let coordinator = state.withLock { state in
      state.isStopped = true
      return state.coordinator
    }
    coordinator?.interrupt()
  }

  func attach(_ coordinator: SliceCoordinator) {
    let isStopped = state.withLock { state in
      state.coordinator = coordinator
      return state.isStopped
    }
    if isStopped { coordinator.interrupt() }
  }
}
