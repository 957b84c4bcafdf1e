// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Foundation
import Testing

/// A race on purpose, which the thread sanitizer must report. It runs only where it is asked for,
/// and passes where nobody watches.
@Suite struct PlantedRaceTests {
  static let isAskedFor = ProcessInfo.processInfo.environment["ATOMICS_PLANTED_RACE"] != nil

  @Test("a plain write beside an atomic addition is a race", .enabled(if: isAskedFor))
  func plainWriteBesideAtomic() throws {
    let shared = Shared()
    let request = try AtomicRequest(.add, on: shared.cell.type, operand: 1)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      for _ in 0..<1000 { _ = shared.cell.perform(request) }
      done.signal()
    }
    Thread.detachNewThread {
      shared.writePlainly(7)
      done.signal()
    }
    done.wait()
    done.wait()
  }
}

/// One word that both threads reach, one of them in the wrong way.
///
/// Sendable because: it is not, and that is the point.
@safe private final class Shared: @unchecked Sendable {
  private let word = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
  let cell: AtomicCell

  init() {
    // Safety: eight bytes, aligned, that live as long as the cell.
    unsafe word.initialize(to: 0)
    cell = unsafe AtomicCell(at: UnsafeMutableRawPointer(word), type: RegisterType.all[3])
  }

  deinit { unsafe word.deallocate() }

  @inline(never) func writePlainly(_ value: UInt64) { unsafe word.pointee = value }
}
