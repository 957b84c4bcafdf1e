// SPDX-License-Identifier: Apache-2.0

public import CAtomics

/// Orders memory accesses around it that have no order of their own.
public enum AtomicFence {
  /// Orders the accesses of this thread before and after it, as other threads and processes see
  /// them: with relaxed operations beside it, an acquire or release fence makes them acquire or
  /// release.
  ///
  /// - Parameter order: relaxed does nothing; acquiring orders the loads before, releasing the
  ///   stores after, acquiringAndReleasing both, sequentiallyConsistent takes part in the single
  ///   total order of all such operations.
  /// - Complexity: On x86-64 `mfence` where sequentially consistent, else no instruction.
  ///
  /// The corresponding C function is `atomic_thread_fence` (C11 7.17.4.1).
  @inlinable @inline(__always)
  public static func thread(_ order: MemoryOrder) { ca_thread_fence(order.code) }

  /// Orders accesses as ``thread(_:)`` does, between a thread and a signal handler that runs on it:
  /// no instruction, a word to the compiler.
  ///
  /// The corresponding C function is `atomic_signal_fence` (C11 7.17.4.2).
  @inlinable @inline(__always)
  public static func signal(_ order: MemoryOrder) { ca_signal_fence(order.code) }

  /// Tells the processor that this is a turn of a loop that waits for another thread, so that it
  /// saves power and leaves the loop without a penalty.
  ///
  /// - Complexity: One instruction, from a few to about 140 cycles.
  ///
  /// The instruction is `pause` on x86-64, `yield` on AArch64, none elsewhere.
  @inlinable @inline(__always)
  public static func spinHint() { ca_spin_hint() }
}
