// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Synchronization

extension WaitHub {
  /// Registers of a prefix that one turn takes up.
  private static let pageLimit = 64

  // MARK: - Views

  /// Adds a register to a watch; the watch ends where that is one too many.
  func add(_ register: RegisterReference, name: String, to watch: Watch, _ now: UInt64) {
    guard watch.isOpen, !watch.known.contains(register.handle), watch.isShown(name) else { return }
    if let refusal = watch.client.refusalOfRegister { return end(watch, refusal) }
    let view = WatchView(register, of: watch, name: name, position: watch.views.count)
    watch.views.append(view)
    if watch.prefix != nil { watch.known.insert(register.handle) }
    watch.client.registerCount += 1
    board.registers.add(1, ordering: .relaxed)
    let cell = cell(of: register, now)
    view.cell = cell
    cell.views.append(view)
    cell.openCount += 1
    do throws(ServiceError) {
      let value = try service.load(register, .relaxed)
      see(value, in: view, now)
      if cell.last != value { enqueue(cell) }
    } catch {
      enqueue(cell)
    }
  }

  /// The register was seen to have this value.
  func see(_ value: UInt128, in view: WatchView, _ now: UInt64) {
    if let known = view.value {
      if known == value { return }
      view.changes &+= 1
      view.untold &+= 1
    }
    view.value = value
    if view.isPending { return }
    view.isPending = true
    if now < view.notBefore {
      view.isHeld = true
      setTimer(.view(view), at: view.notBefore)
    } else {
      view.watch.client.add(.view(view))
    }
  }

  /// The time between two events is over.
  func release(_ view: WatchView) {
    view.isHeld = false
    if view.isOpen { view.watch.client.add(.view(view)) }
  }

  /// The register is gone. Who never heard of it need not hear that.
  func end(_ view: WatchView) {
    if view.isGone { return }
    view.isGone = true
    detach(view)
    if view.watch.prefix != nil, !view.isTold { return remove(view) }
    if view.isPending, !view.isHeld { return }
    if view.isHeld {
      view.isHeld = false
      timers.noteStale { $0.isStale }
    }
    view.isPending = true
    view.watch.client.add(.view(view))
  }

  /// Takes the view out of its watch.
  func remove(_ view: WatchView) {
    guard !view.isRemoved else { return }
    view.isRemoved = true
    detach(view)
    let watch = view.watch
    if view.isPending, !view.isHeld { watch.client.noteStaleEvent() }
    watch.known.remove(view.register.handle)
    let last = watch.views.removeLast()
    if last !== view {
      watch.views[view.position] = last
      last.position = view.position
    }
    watch.client.registerCount -= 1
    board.registers.subtract(1, ordering: .relaxed)
  }

  private func detach(_ view: WatchView) {
    guard let cell = view.cell else { return }
    view.cell = nil
    leave(cell)
  }

  // MARK: - Watches

  /// Ends a watch that the client still has to be told of.
  private func end(_ watch: Watch, _ reason: ServiceError) {
    close(watch)
    watch.client.add(.ended(watch, reason))
  }

  /// Closes a watch at once; its views are taken apart in the next turns.
  func close(_ watch: Watch) {
    guard watch.isOpen else { return }
    watch.isOpen = false
    watch.cursor = nil
    watch.known = []
    board.watches.subtract(1, ordering: .relaxed)
    if watch.prefix != nil {
      prefixes.remove(watch)
      bell.prefixes.subtract(1, ordering: .relaxed)
      board.prefixes.subtract(1, ordering: .relaxed)
    }
    if watch.views.isEmpty { return }
    closing.append(watch)
    wake()
  }

  func takeApart() {
    var budget = Self.share
    while budget > 0, let watch = closing.last {
      while budget > 0, let view = watch.views.popLast() {
        budget -= 1
        view.isRemoved = true
        if view.isHeld {
          timers.noteStale { $0.isStale }
        } else if view.isPending {
          watch.client.noteStaleEvent()
        }
        // Not before: what is not taken apart yet still has its memory.
        watch.client.registerCount -= 1
        board.registers.subtract(1, ordering: .relaxed)
        detach(view)
      }
      if watch.views.isEmpty { closing.removeLast() }
    }
  }

  // MARK: - Prefixes

  /// Begins to watch all registers of a prefix: those that are there, and those that come.
  func begin(_ watch: Watch) {
    prefixes.insert(watch)
    bell.prefixes.add(1, ordering: .relaxed)
    // Before the first slot is looked at: the other half is in WatchBoard.created.
    board.prefixes.add(1, ordering: .sequentiallyConsistent)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    search(again: watch)
  }

  private func search(again watch: Watch) {
    let isSearching = watch.cursor != nil
    watch.cursor = 0
    if !isSearching { searching.append(watch) }
    wake()
  }

  /// Goes through a part of the slots for one of the watches that are not through.
  func search(_ now: UInt64) {
    guard let watch = searching.popFirst() else { return }
    guard watch.isOpen, let cursor = watch.cursor, let prefix = watch.prefix else { return }
    let page = service.arena.list(
      from: cursor, prefix: prefix.span, limit: Self.pageLimit,
      scanLimit: ExecutionBudget.scanLimit)
    for info in page.registers {
      add(service.reference(info.handle), name: info.name, to: watch, now)
    }
    guard watch.isOpen else { return }
    watch.cursor = page.next
    if page.next != nil { searching.append(watch) }
  }

  /// Takes up the registers that were made since.
  func takeMade(_ now: UInt64) {
    guard !prefixes.isEmpty else { return made.removeAll() }
    if let more = bell.takeMade() {
      for new in more { made.append(new) }
    } else {
      for watch in prefixes.all { search(again: watch) }
    }
    var budget = Self.share
    while budget > 0, let new = made.popFirst() {
      let watches = prefixes.matching(new.name)
      for watch in watches { add(new.register, name: new.name, to: watch, now) }
      budget -= 1 + watches.count + prefixes.lengthCount / 8
    }
  }
}
