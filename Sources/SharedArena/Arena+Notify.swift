// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension Arena {
  /// Wakes those who wait for a register, in this process and in others, so that they look at its
  /// value.
  ///
  /// `perform(_:on:)` and `withCell(of:_:)` do this by themselves. It is for what they have no part
  /// in: operations on a cell that was kept, or by programs that do not notify.
  ///
  /// - Complexity: A load and a comparison when nobody waits; else a system call of about 1 µs.
  ///   Never blocks.
  public func notify(_ handle: RegisterHandle) {
    guard isWritable, condition(of: handle) == .alive else { return }
    event(ofSlot: Int(handle.slot)).notify()
  }

  /// What is left to do after an operation when somebody waits for the register.
  @usableFromInline @inline(never)
  func wakeWaiters(ofSlot slot: Int) {
    let event = event(ofSlot: slot)
    if event.claim() { event.wake() }
  }

  /// The word of a slot below the watermark.
  func event(ofSlot slot: Int) -> EventWord {
    values.event(ofSlot: slot, directory.header)
  }
}

extension DirectoryWriter {
  /// Lets those who wait for a slot's register find that it was deleted.
  func wakeWaiters(ofSlot slot: Int) {
    cells.event(ofSlot: slot, header).notify()
  }
}

extension SharedBytes {
  fileprivate func event(ofSlot slot: Int, _ header: ArenaHeader) -> EventWord {
    // Safety: `place` checks range and alignment; the mapping outlives the value.
    unsafe EventWord(at: place(header.cell(slot, CellLayout.event)))
  }
}
