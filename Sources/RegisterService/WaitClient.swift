// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

/// One who waits for registers and watches them: a connection, a request. Holds what it is still to
/// be told, which is at most a result for each of its waits and an event for each register of its
/// watches.
///
/// **Thread safety**: the hub's thread. ``close()`` ends it; without it the hub keeps it.
public final class WaitClient {
  enum Untold {
    case view(WatchView)
    case ended(Watch, ServiceError)
  }

  private let hub: WaitHub
  private let ready: () -> Void
  let reconsider: () -> Void
  var open: [UInt32: Wait] = [:]
  private var results = Fifo<(key: UInt32, result: WaitResult)>()
  private var watches: [UInt32: Watch] = [:]
  private(set) var events = Fifo<Untold>()
  /// How many of them are of no use any more; they go when they are the most.
  private var staleEvents = 0
  private var lastNumber: UInt32 = 0
  /// Registers of its watches, and of those of the clients that it shares its limit with.
  private let registers: Registers

  private final class Registers {
    var count = 0
  }

  init(
    of hub: WaitHub, sharing other: WaitClient?, ready: @escaping () -> Void,
    reconsider: @escaping () -> Void
  ) {
    self.hub = hub
    registers = other?.registers ?? Registers()
    self.ready = ready
    self.reconsider = reconsider
  }

  // MARK: - Waits

  /// Waits that have not ended.
  public var openWaits: Int { open.count }

  /// Whether a wait with this key has not ended.
  public func isWaiting(_ key: UInt32) -> Bool { open[key] != nil }

  /// Waits for a register. The result may be there when this returns.
  ///
  /// - Parameters:
  ///   - key: What the result will be known by; of no wait that is open.
  ///   - timeout: Nanoseconds; 0 only looks, nil has no limit.
  ///   - now: The hub's time.
  /// - Throws: `.limit`; `.gone`, and what a look at the register can throw.
  public func wait(
    _ key: UInt32, for register: RegisterReference, until condition: WaitCondition,
    timeout: UInt64?, now: UInt64
  ) throws(ServiceError) {
    let limits = hub.limits
    guard open.count + results.count < limits.waits else {
      throw .limit("a connection has at most \(limits.waits) open waits: cancel some, or read")
    }
    let first = try hub.service.load(register, condition.lookOrder)
    guard hub.board.waits.add(1, ordering: .relaxed).oldValue < limits.waitsTotal else {
      hub.board.waits.subtract(1, ordering: .relaxed)
      throw .limit("the server has its \(limits.waitsTotal) open waits; try again later")
    }
    let deadline = timeout.map { now.addingReportingOverflow($0) }
    let wait = Wait(
      key, of: self, on: register, until: condition,
      deadline: deadline.map { $0.overflow ? .max : $0.partialValue } ?? .max, first: first)
    hub.begin(wait, now)
  }

  /// Ends a wait. Its result, which is `cancelled`, is not among the results.
  ///
  /// - Returns: False: no wait with this key is open.
  public func cancel(_ key: UInt32) -> Bool {
    guard let wait = open[key] else { return false }
    hub.close(wait)
    return true
  }

  /// Cancels the waits that nobody may be there to hear of when they end: those that run an
  /// operation then, and those without a limit.
  public func giveUp() {
    for wait in open.values where wait.condition.then != nil || wait.deadline == .max {
      hub.finish(wait, .cancelled)
    }
  }

  /// Ends all waits with `shuttingDown`.
  public func shutDown() {
    for wait in open.values { hub.finish(wait, .shuttingDown) }
  }

  /// A result that was not told yet.
  public func nextResult() -> (key: UInt32, result: WaitResult)? { results.popFirst() }

  public var hasResults: Bool { !results.isEmpty }

  func add(_ result: WaitResult, of key: UInt32) {
    results.append((key, result))
    if results.count == 1 { ready() }
  }

  // MARK: - Watches

  /// Watches one register.
  ///
  /// - Parameters:
  ///   - key: What the client calls the watch in its events.
  ///   - interval: The least nanoseconds between two events.
  /// - Returns: The number of the watch.
  /// - Throws: `.limit`, `.gone`.
  public func watch(
    _ register: RegisterReference, key: UInt32, interval: UInt64, now: UInt64
  ) throws(ServiceError) -> UInt32 {
    if let refusal = refusalOfRegister { throw refusal }
    _ = try hub.service.load(register, .relaxed)
    let watch = try makeWatch(key, prefix: nil, interval)
    hub.add(register, name: "", to: watch, now)
    return watch.number
  }

  /// Watches all registers whose names begin with `prefix`, those that are made later, too. Where
  /// they become more than the limit, the watch ends with an event.
  ///
  /// - Parameter isShown: Whether the register of this name is one of them; asked once for each.
  /// - Throws: `.limit`.
  public func watch(
    prefix: [UInt8], key: UInt32, interval: UInt64,
    where isShown: @escaping (_ name: String) -> Bool = { _ in true }
  ) throws(ServiceError) -> UInt32 {
    let watch = try makeWatch(key, prefix: prefix, interval)
    watch.isShown = isShown
    hub.begin(watch)
    return watch.number
  }

  /// An event will not be told: what it is of is closed.
  func noteStaleEvent() {
    staleEvents += 1
    guard staleEvents > 32, staleEvents > events.count / 2 else { return }
    events.removeAll { isStale($0) }
    staleEvents = 0
  }

  private func isStale(_ untold: Untold) -> Bool {
    switch untold {
    case .view(let view): !view.watch.isOpen || view.isRemoved
    case .ended(let watch, _): watches[watch.number] !== watch
    }
  }

  private func makeWatch(
    _ key: UInt32, prefix: [UInt8]?, _ interval: UInt64
  ) throws(ServiceError) -> Watch {
    guard watches.count < hub.limits.watches else {
      throw .limit("a connection has at most \(hub.limits.watches) watches: end some")
    }
    guard hub.board.watches.add(1, ordering: .relaxed).oldValue < hub.limits.watchesTotal else {
      hub.board.watches.subtract(1, ordering: .relaxed)
      throw .limit("the server has its \(hub.limits.watchesTotal) watches; try again later")
    }
    repeat { lastNumber &+= 1 } while watches[lastNumber] != nil
    let watch = Watch(lastNumber, key: key, of: self, prefix: prefix, interval: interval)
    watches[lastNumber] = watch
    return watch
  }

  /// Ends a watch: nothing more is told of it.
  ///
  /// - Returns: False: there is no watch of this number.
  public func unwatch(_ number: UInt32) -> Bool {
    guard let watch = watches.removeValue(forKey: number) else { return false }
    // Its end was to be told.
    if !watch.isOpen { noteStaleEvent() }
    hub.close(watch)
    return true
  }

  /// Whether there are watches.
  public var isWatching: Bool { !watches.isEmpty }

  var registerCount: Int {
    get { registers.count }
    set { registers.count = newValue }
  }

  /// Why no further register can be watched; nil: one can.
  var refusalOfRegister: ServiceError? {
    let limits = hub.limits
    if registerCount >= limits.watchedRegisters {
      return .limit(
        "a connection watches at most \(limits.watchedRegisters) registers: end some watches")
    }
    if hub.board.registers.load(ordering: .relaxed) >= limits.watchedRegistersTotal {
      return .limit(
        "the server watches its \(limits.watchedRegistersTotal) registers; try again later")
    }
    return nil
  }

  func add(_ untold: Untold) {
    events.append(untold)
    if events.count == 1 { ready() }
  }

  /// Whether there may be an event.
  public var hasEvents: Bool { !events.isEmpty }

  /// The next event. Until it is taken, what happens to its register goes into it.
  public func nextEvent(now: UInt64) -> WatchEvent? {
    while let untold = events.popFirst() {
      if isStale(untold) {
        staleEvents = max(0, staleEvents - 1)
        continue
      }
      switch untold {
      case .view(let view): return tell(view, now)
      case .ended(let watch, let reason):
        watches[watch.number] = nil
        return WatchEvent(key: watch.key, watch: watch.number, kind: .ended(reason))
      }
    }
    return nil
  }

  private func tell(_ view: WatchView, _ now: UInt64) -> WatchEvent {
    let watch = view.watch
    view.isPending = false
    var event = WatchEvent(
      key: watch.key, watch: watch.number, kind: .deleted, type: view.register.type,
      generation: view.register.generation, slot: view.register.slot, changes: view.changes,
      name: view.name)
    if view.isGone {
      event.skipped = view.untold
      view.leftOut &+= view.untold
      event.leftOut = view.leftOut
      hub.remove(view)
      if watch.prefix == nil { _ = unwatch(watch.number) }
      return event
    }
    let skipped = view.untold > 1 ? view.untold &- 1 : 0
    event.skipped = skipped
    view.leftOut &+= skipped
    view.untold = 0
    view.isTold = true
    if watch.interval > 0 { view.notBefore = now.addingReportingOverflow(watch.interval).0 }
    event.leftOut = view.leftOut
    event.kind = .value(view.value ?? 0, skips: skipped > 0)
    return event
  }

  // MARK: - The end

  /// Ends everything that is open. Of what has ended before, the results stay.
  public func stop() {
    for wait in open.values { hub.close(wait) }
    for watch in watches.values { hub.close(watch) }
    open = [:]
    watches = [:]
    events.removeAll()
  }

  /// Gives up everything: nothing is told any more. The cost is that of what was open.
  public func close() {
    stop()
    results.removeAll()
  }
}
