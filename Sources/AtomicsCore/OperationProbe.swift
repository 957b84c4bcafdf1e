// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import Synchronization

  /// Sees every operation at the last point before its instruction, so that a test can show that
  /// operation, order and failure order arrive there unchanged from each face. Debug builds only.
  package enum OperationProbe {
    package struct Sighting: Equatable, Sendable {
      package let request: AtomicRequest
      package let type: RegisterType
    }

    private static let sightings = Mutex<[UInt128: [Sighting]]>([:])

    /// Starts to keep the operations whose operand or expected value is `mark`. Tests that run at
    /// once use different marks.
    package static func watch(_ mark: UInt128) {
      sightings.withLock { $0[mark] = [] }
    }

    /// What was seen with `mark` since the last call.
    package static func take(_ mark: UInt128) -> [Sighting] {
      sightings.withLock { kept in
        defer { kept[mark] = [] }
        return kept[mark] ?? []
      }
    }

    static func record(_ request: AtomicRequest, _ type: RegisterType) {
      sightings.withLock { kept in
        if kept.isEmpty { return }
        for mark in Set([request.operand, request.expected]) {
          kept[mark]?.append(Sighting(request: request, type: type))
        }
      }
    }
  }

  @usableFromInline
  func recordForProbe(_ request: AtomicRequest, _ type: RegisterType) {
    OperationProbe.record(request, type)
  }
#endif
