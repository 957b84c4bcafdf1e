// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import Synchronization

  /// Sees every operation of the process at the last point before its instruction, so that a test
  /// can show that operation, order and failure order arrive there unchanged from each face. Debug
  /// builds only.
  package enum OperationProbe {
    private static let seen = Mutex<[AtomicRequest]>([])
    /// Off, operations do not meet at the lock, which would keep them from ever meeting at their
    /// register.
    private static let isOn = Atomic(false)

    /// Starts to keep what is performed, for the rest of the process.
    package static func start() {
      isOn.store(true, ordering: .relaxed)
    }

    /// What was performed since the last call, in order.
    package static func take() -> [AtomicRequest] {
      seen.withLock { kept in
        defer { kept = [] }
        return kept
      }
    }

    static func record(_ request: AtomicRequest) {
      guard isOn.load(ordering: .relaxed) else { return }
      seen.withLock { $0.append(request) }
    }
  }

  @usableFromInline
  func recordForProbe(_ request: AtomicRequest) {
    OperationProbe.record(request)
  }
#endif
