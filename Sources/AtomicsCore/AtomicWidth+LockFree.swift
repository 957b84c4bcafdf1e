// SPDX-License-Identifier: Apache-2.0

internal import CAtomics

extension AtomicWidth {
  /// Whether operations of this width are single instructions or compare-exchange loops on this
  /// machine, never a lock.
  public var isLockFree: Bool { self != .sixteen || ca_has_pair() }
}
