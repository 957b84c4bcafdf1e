// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Synchronization

/// Those who wait for registers and watch them, of one thread's clients.
///
/// A hub knows no sockets and no clock: its owner calls ``process(now:)`` when the hub's `wake` was
/// called and at ``nextDeadline``, and each client takes what there is to tell it. A call is a
/// bounded piece of work, whatever happened.
///
///     operation ──▶ mark in the cell's event word ──▶ WatchBoard ──▶ HubBell ──▶ wake
///                     (other processes: Doorbell ──────▲)                          │
///     WaitClient.nextResult, nextEvent ◀── ready ◀── looks at the cells ◀── process
///
/// Writers that tell nobody are found by looks at all cells, ``sampleCount`` of them each
/// ``sampleNanoseconds``.
///
/// **Thread safety**: one thread, but for `wake`, which is called on any.
public final class WaitHub {
  /// Looks of one call: about 50 µs, as long as others can be asked to wait.
  static let turn = 256
  /// What each other kind of work has of a call, so that none keeps the others from being done.
  static let share = 128
  /// The time between two rounds of looks for writers that tell nobody, and how many cells each
  /// looks at.
  public static let sampleNanoseconds: UInt64 = 50_000_000
  public static let sampleCount = 4096

  let service: RegisterService
  let board: WatchBoard
  let bell: HubBell
  let limits: WaitLimits
  /// Called when ``nextDeadline`` has become earlier, outside of ``process(now:)``.
  public var onEarlierDeadline: (() -> Void)?

  private var cells: [RegisterHandle: WatchedCell] = [:]
  private var buckets: [Int: [WatchedCell]] = [:]
  private var list: [WatchedCell] = []
  /// Cells to look at.
  private var queue = Fifo<WatchedCell>()
  /// Cells whose mark is not certain to be seen yet.
  private var unsettled: [WatchedCell] = []
  var timers = TimeHeap<Timed>()
  /// What comes about now is done in this call, or the caller is told that there is more.
  private var isProcessing = false
  private var nextSample = UInt64.max
  private var samplePosition = 0
  var prefixes = PrefixIndex()
  /// Registers that were made, and not compared with the prefixes yet.
  var made = Fifo<HubBell.Made>()
  /// Watches that go through the slots.
  var searching = Fifo<Watch>()
  /// Watches whose views are taken apart.
  var closing: [Watch] = []

  enum Timed {
    case wait(Wait)
    case view(WatchView)

    var isStale: Bool {
      switch self {
      case .wait(let wait): !wait.isOpen
      case .view(let view): !view.isHeld || !view.isOpen
      }
    }
  }

  init(_ service: RegisterService, _ limits: WaitLimits, wake: @escaping @Sendable () -> Void) {
    self.service = service
    self.limits = limits
    board = service.board
    bell = board.makeBell(wake: wake)
  }

  /// A client of this hub.
  ///
  /// - Parameters:
  ///   - other: One whose limit of watched registers holds for both together.
  ///   - ready: Called when there is something to tell it, where there was nothing before.
  ///   - reconsider: Called when the rules have changed.
  public func makeClient(
    sharingLimitWith other: WaitClient? = nil, ready: @escaping () -> Void,
    reconsider: @escaping () -> Void = {}
  ) -> WaitClient {
    WaitClient(of: self, sharing: other, ready: ready, reconsider: reconsider)
  }

  /// When ``process(now:)`` is to be called at the latest; `.max`: not before it is woken.
  public var nextDeadline: UInt64 { min(timers.first, nextSample) }

  /// Registers that somebody waits for or watches.
  public var watchedCount: Int { list.count }

  /// Does what is to be done, up to a bound.
  ///
  /// - Parameter now: Nanoseconds of a clock that never goes back.
  /// - Returns: Whether more is left to be done at once.
  public func process(now: UInt64) -> Bool {
    isProcessing = true
    defer { isProcessing = false }
    bell.take { bucket in for cell in buckets[bucket] ?? [] { enqueue(cell) } }
    takeMade(now)
    search(now)
    settle()
    expire(now)
    sample(now)
    look(now)
    takeApart()
    return !queue.isEmpty || !unsettled.isEmpty || !searching.isEmpty || !closing.isEmpty
      || !made.isEmpty || timers.first <= now || bell.hasRung
  }

  /// Has `wake` called. Any thread.
  public func requestTurn() { bell.wakeHub() }

  /// Has every client that waits or watches think again whether it may: the rules have changed.
  ///
  /// - Complexity: O(waits and watched registers).
  public func reconsiderAll() {
    var clients: [ObjectIdentifier: WaitClient] = [:]
    func note(_ client: WaitClient) { clients[ObjectIdentifier(client)] = client }
    for watch in prefixes.all { note(watch.client) }
    for cell in list {
      for wait in cell.waits where wait.isOpen { note(wait.client) }
      for view in cell.views where view.isOpen { note(view.watch.client) }
    }
    // Their waits and watches may end by this.
    for client in clients.values { client.reconsider() }
  }

  // MARK: - Cells

  /// The cell of a register, which is marked from now on.
  func cell(of register: RegisterReference, _ now: UInt64) -> WatchedCell {
    if let cell = cells[register.handle] { return cell }
    let cell = WatchedCell(register, position: list.count)
    cells[register.handle] = cell
    list.append(cell)
    if list.count == 1 {
      nextSample = now &+ Self.sampleNanoseconds
      onEarlierDeadline?()
    }
    let bucket = Int(register.handle.slot) % Arena.bucketCount
    if buckets[bucket, default: []].isEmpty { board.setInterest(true, of: bell, in: bucket) }
    buckets[bucket, default: []].append(cell)
    board.watch(register.handle.slot, in: service.arena)
    unsettled.append(cell)
    wake()
    return cell
  }

  /// Whether somebody waits for the register to run an operation on it.
  func hasTakers(_ register: RegisterReference) -> Bool {
    (cells[register.handle]?.takerCount ?? 0) > 0
  }

  /// One of those who were concerned with the cell is not any more.
  func leave(_ cell: WatchedCell) {
    cell.openCount -= 1
    cell.closedCount += 1
    if cell.isQueued { return }
    if cell.openCount == 0 { release(cell) } else { cell.compact() }
  }

  private func release(_ cell: WatchedCell) {
    cell.isReleased = true
    (cell.waits, cell.views) = ([], [])
    cells[cell.register.handle] = nil
    let last = list.removeLast()
    if last !== cell {
      list[cell.position] = last
      last.position = cell.position
    }
    if list.isEmpty { nextSample = .max }
    let slot = cell.register.handle.slot
    let bucket = Int(slot) % Arena.bucketCount
    buckets[bucket]?.removeAll { $0 === cell }
    if buckets[bucket]?.isEmpty == true {
      buckets[bucket] = nil
      board.setInterest(false, of: bell, in: bucket)
    }
    board.unwatch(slot, in: service.arena)
  }

  /// Has the cell looked at.
  func enqueue(_ cell: WatchedCell) {
    if cell.isQueued {
      cell.isChangedAgain = cell.progress > 0
      return
    }
    cell.isQueued = true
    queue.append(cell)
    wake()
  }

  /// Has ``process(now:)`` called, which has something to do.
  func wake() { if !isProcessing { bell.wakeHub() } }

  /// From here on no change of the marked cells is missed; what came before is looked at.
  private func settle() {
    if unsettled.isEmpty { return }
    service.arena.passBarrier()
    for cell in unsettled where !cell.isReleased { enqueue(cell) }
    unsettled = []
  }

  /// Looks for what writers did that tell nobody, and for marks that were lost.
  private func sample(_ now: UInt64) {
    guard now >= nextSample else { return }
    nextSample = now &+ Self.sampleNanoseconds
    for _ in 0..<min(Self.sampleCount, list.count) {
      if samplePosition >= list.count { samplePosition = 0 }
      let cell = list[samplePosition]
      samplePosition += 1
      if (try? service.load(cell.register, .relaxed)) != cell.last || cell.last == nil {
        enqueue(cell)
      }
      let slot = Int(cell.register.handle.slot)
      if !service.arena.isWatched(slot: slot) { service.arena.setWatched(true, slot: slot) }
    }
  }

  // MARK: - Looks

  private func look(_ now: UInt64) {
    var budget = Self.turn
    while budget > 0, let cell = queue.first {
      guard finishLook(at: cell, now, &budget) else { return }
      _ = queue.popFirst()
      cell.progress = 0
      cell.isQueued = false
      if cell.isReleased { continue }
      if cell.openCount == 0 {
        release(cell)
      } else {
        cell.compact()
        if cell.isChangedAgain { enqueue(cell) }
      }
    }
  }

  /// Lets all who are concerned with the cell see its value, the first one first.
  ///
  /// - Returns: False: the rest comes in the next turn.
  private func finishLook(
    at cell: WatchedCell, _ now: UInt64, _ budget: inout Int
  ) -> Bool {
    budget -= 1
    if cell.isReleased { return true }
    if cell.progress == 0 { beginLook(at: cell) }
    while cell.progress < cell.waits.count + cell.views.count {
      guard budget > 0 else { return false }
      budget -= 1
      let place = cell.progress
      cell.progress += 1
      if place < cell.waits.count {
        let wait = cell.waits[place]
        if wait.isOpen { look(at: cell, for: wait) }
      } else {
        let view = cell.views[place - cell.waits.count]
        if view.isOpen { look(at: cell, for: view, now) }
      }
    }
    return true
  }

  private func beginLook(at cell: WatchedCell) {
    cell.isChangedAgain = false
    do throws(ServiceError) {
      let value = try service.load(cell.register, .relaxed)
      (cell.look, cell.last) = (.value(value), value)
    } catch {
      (cell.look, cell.last) = (.refused(error), nil)
    }
  }

  private func look(at cell: WatchedCell, for wait: Wait) {
    switch cell.look {
    case .value(let value): if wait.isSatisfied(by: value) { attempt(wait) }
    case .refused(let error): finish(wait, .refused(error))
    }
  }

  private func look(at cell: WatchedCell, for view: WatchView, _ now: UInt64) {
    switch cell.look {
    case .value(let value): see(value, in: view, now)
    case .refused(.gone): end(view)
    // The register is there, its value is not to be had now: the next look may have it.
    case .refused: break
    }
  }

  // MARK: - Time

  private func expire(_ now: UInt64) {
    var budget = Self.share
    while budget > 0, let due = timers.pop(at: now) {
      budget -= 1
      switch due {
      case .wait(let wait): if wait.isOpen { expire(wait) }
      case .view(let view): if view.isHeld { release(view) }
      }
    }
  }

  func setTimer(_ timed: Timed, at time: UInt64) {
    if time == .max { return }
    let isEarlier = time < nextDeadline
    timers.push(timed, at: time)
    if isEarlier { onEarlierDeadline?() }
  }
}
