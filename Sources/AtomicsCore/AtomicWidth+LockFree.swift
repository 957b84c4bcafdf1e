// SPDX-License-Identifier: Apache-2.0

public import CAtomics

extension AtomicWidth {
  /// Whether operations of this width are single instructions or compare-exchange loops on this
  /// machine, never a lock.
  ///
  /// - Complexity: O(1); a few nanoseconds for 16 bytes, nothing for the others.
  @inlinable @inline(__always)
  public var isLockFree: Bool { self != .sixteen || ca_has_pair() }

  /// Whether a load of this width only reads on this machine, so that it works on memory which is
  /// mapped read-only. Of 16 bytes that takes AVX on x86-64 and LSE2 on AArch64; elsewhere a
  /// 16-byte load is a compare-exchange, which writes what it read.
  ///
  /// - Complexity: O(1); a few nanoseconds for 16 bytes, nothing for the others.
  @inlinable @inline(__always)
  public var hasReadOnlyLoad: Bool { self != .sixteen || ca_has_pair_load() }
}
