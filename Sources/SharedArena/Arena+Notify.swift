// SPDX-License-Identifier: Apache-2.0

extension Arena {
  /// Wakes whoever waits for the register in `slot`, which is below the watermark.
  @usableFromInline
  func wakeWaiters(ofSlot slot: Int) {}
}
