// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension Arena {
  /// Wakes those who wait for a register, in this process and in others, so that they look at its
  /// value; servers that watch it look, too.
  ///
  /// `perform(_:on:)` and `withCell(of:_:)` do this by themselves. It is for what they have no part
  /// in: operations on a cell that was kept, or by programs that do not notify.
  ///
  /// - Complexity: A load and a comparison when nobody waits; else a system call of about 1 µs.
  ///   Never blocks.
  public func notify(_ handle: RegisterHandle) {
    guard isWritable, condition(of: handle) == .alive else { return }
    AtomicFence.signal(.sequentiallyConsistent)
    wakeWaiters(ofSlot: Int(handle.slot))
  }

  /// What is left to do after an operation when somebody waits for the register.
  @usableFromInline @inline(never)
  func wakeWaiters(ofSlot slot: Int) {
    let event = event(ofSlot: slot)
    let word = event.current
    if word & EventWord.awaited != 0, event.claim() { event.wake() }
    guard word & EventWord.watched != 0 else { return }
    // pairs with the store in `onWatchedChange`
    if let watcher = watcher.load() { watcher.changed(slot) } else { doorbell.ring(slot) }
  }

  /// The word of a slot below the watermark.
  func event(ofSlot slot: Int) -> EventWord {
    values.event(ofSlot: slot, directory.header)
  }

  var doorbell: Doorbell { values.doorbell(directory.header) }
}

extension DirectoryWriter {
  /// Lets those who wait for a slot's register find that it was deleted.
  func wakeWaiters(ofSlot slot: Int) {
    let event = cells.event(ofSlot: slot, header)
    event.notify()
    if event.current & EventWord.watched != 0 { cells.doorbell(header).ring(slot) }
  }
}

extension SharedBytes {
  fileprivate func event(ofSlot slot: Int, _ header: ArenaHeader) -> EventWord {
    // Safety: `place` checks range and alignment; the mapping outlives the value.
    unsafe EventWord(at: place(header.cell(slot, CellLayout.event)))
  }

  fileprivate func doorbell(_ header: ArenaHeader) -> Doorbell {
    // Safety: as above; the page is in the header's geometry, which was checked.
    unsafe Doorbell(at: place(header.doorbellsOffset, count: ValuesLayout.byteCount))
  }
}
