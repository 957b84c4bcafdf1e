// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline
import Synchronization

/// The memory that is operated on: sixteen bytes with no neighbours in their cache line, for as
/// long as the process runs.
///
/// Safety: the memory is aligned for every width, is never freed, and is touched by nothing but
/// atomic operations while two threads share it.
@safe
struct Word: Sendable {
  private nonisolated(unsafe) let address: UnsafeMutableRawPointer

  init() {
    unsafe address = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
    clear()
  }

  /// With one thread alone.
  func clear() {
    unsafe address.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
  }

  @inline(__always)
  func atomic<Value: AtomicInteger & UnsignedInteger>() -> AtomicUInt<Value> {
    unsafe AtomicUInt(at: address)
  }

  /// Sums up what `turn` returns.
  @inline(__always)
  func synchronizationSum(
    _ turns: Int, _ turn: (borrowing Atomic<UInt64>) -> UInt64
  ) -> UInt64 {
    let atomic = unsafe address.assumingMemoryBound(to: Atomic<UInt64>.self)
    var sum: UInt64 = 0
    repeatedly(turns) { sum &+= unsafe turn(atomic.pointee) }
    return sum
  }

  func cell(_ type: RegisterType) -> AtomicCell { unsafe AtomicCell(at: address, type: type) }

  /// The C loop over an operation; nil where there is none.
  static func baseline(
    _ name: String, byteCount: Int, order: MemoryOrder, failureOrder: MemoryOrder, isSpaced: Bool
  ) -> Loop? {
    let found = unsafe cb_find(
      name, Int32(byteCount), Int32(order.rawValue), Int32(failureOrder.rawValue),
      isSpaced)
    guard let found = unsafe found else { return nil }
    return { unsafe found($0.address, $1, $2, $3) }
  }
}
