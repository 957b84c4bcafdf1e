// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import RegisterService
import Synchronization

/// What would stall a loop, done on a thread of its own: each second a ``tick()``, and snapshots
/// when they are due or wanted.
final class Maintenance: Sendable {
  private static let tickNanoseconds: UInt64 = 1_000_000_000
  /// The shortest pause between two snapshots that are wanted; it is as long as the last one took
  /// where that is more, so that no more than half of the disk's time goes into them.
  private static let pauseNanoseconds: UInt64 = 100_000_000

  private let service: RegisterService
  private let snapshots: SnapshotConfiguration
  private let logger: Logger
  private let background: BackgroundLoop
  private var loop: EventLoop { background.loop }
  /// Called when the service cannot go on.
  private let fail: @Sendable (ServerError) -> Void
  /// What others have done once a second.
  private let others = Mutex<[@Sendable () -> Void]>([])
  /// When the next snapshot is due by time.
  private let due = Mutex(Deadline.never)
  private let isSnapshotWanted = Atomic(false)
  /// Before this no snapshot is taken that is only wanted.
  private let endOfPause = Mutex(Deadline(nanoseconds: 0))
  /// What kept the last snapshot from being taken.
  private let lastSnapshotTrouble = Trouble()
  /// Whether what was mapped of a lost arena is saved.
  private let hasRescued = Atomic(false)
  private let isArenaLost = Atomic(false)
  /// The arena is there, and cannot be served any more.
  private let isArenaBroken = Atomic(false)
  /// How much of the damage to the arena is in the log.
  private let toldDamage = Atomic(0)
  /// What kept the arena from being maintained at the last tick.
  private let lastTrouble = Trouble()

  init(
    _ service: RegisterService, _ snapshots: SnapshotConfiguration, _ logger: Logger,
    fail: @escaping @Sendable (ServerError) -> Void
  ) throws(EventLoopError) {
    self.service = service
    self.snapshots = snapshots
    self.logger = logger
    self.fail = fail
    background = try BackgroundLoop()
    service.onSnapshotWanted { [weak self] in self?.wantSnapshot() }
  }

  /// Has `action` called once a second too. Before `start`.
  func eachSecond(_ action: @escaping @Sendable () -> Void) {
    others.withLock { $0.append(action) }
  }

  /// Starts the thread. Once only.
  func start() throws(EventLoopError) {
    loop.execute { [self] in
      setDue()
      scheduleTick()
    }
    try background.start("atomics-upkeep")
  }

  /// Has a snapshot taken soon. Any thread; calls that come before it begins are one.
  func wantSnapshot() {
    guard snapshots.isOn, !isSnapshotWanted.load(ordering: .relaxed),
      !isSnapshotWanted.exchange(true, ordering: .relaxed)
    else { return }
    loop.execute { [self] in takeWantedSnapshot() }
  }

  /// After the last connection: a last look at the arena, the last snapshot, the end of the thread.
  func finish() {
    background.finish {
      loop.execute { [self] in
        repairArena()
        verifyPublished()
        if isArenaLost.load(ordering: .relaxed) {
          // What came between the first one and the end.
          _ = rescue()
        } else if snapshots.isOn, snapshots.atShutdown, !isArenaBroken.load(ordering: .relaxed) {
          takeSnapshot()
        }
        loop.stop()
      }
    }
  }

  // MARK: - On the thread

  private func scheduleTick() {
    loop.schedule(afterNanoseconds: Self.tickNanoseconds) { [self] in
      tick()
      scheduleTick()
    }
  }

  /// Once a second. Each line is one kind of care.
  private func tick() {
    repairArena()
    verifyPublished()
    maintainArena()
    takeDueSnapshot()
    for action in others.withLock({ $0 }) { action() }
  }

  /// Whoever may write the arena's values may break or cut their file: what can be made good of it
  /// is.
  ///
  /// - Returns: Whether something was.
  @discardableResult
  private func repairArena() -> Bool {
    if isArenaLost.load(ordering: .relaxed) || isArenaBroken.load(ordering: .relaxed) {
      return false
    }
    do throws(ServiceError) {
      let found = try service.repair()
      log(found, service.damage)
      return !found.isEmpty
    } catch {
      isArenaBroken.store(true, ordering: .relaxed)
      let failure = ServerError.arena("\(error)")
      logger.critical("\(failure)")
      fail(failure)
      return false
    }
  }

  /// A line for each thing that was found just now, and one for all that requests met: whoever
  /// breaks cells all the time does not fill the log.
  private func log(_ found: [String], _ damage: DamageSummary) {
    for text in found { logger.error("arena damaged, repaired", metadata: ["found": "\(text)"]) }
    let told = toldDamage.exchange(damage.count, ordering: .relaxed)
    let others = damage.count - told - found.count
    guard others > 0, let last = damage.last else { return }
    logger.error("arena damaged, repaired", metadata: ["count": "\(others)", "last": "\(last)"])
  }

  /// Memory ahead of need, and what was deleted back in use.
  private func maintainArena() {
    if isArenaLost.load(ordering: .relaxed) || isArenaBroken.load(ordering: .relaxed) { return }
    do throws(ServiceError) {
      try service.maintain()
      lastTrouble.forget()
    } catch {
      let trouble = "\(error)"
      if lastTrouble.isNews(trouble) {
        logger.warning("the arena cannot be kept ahead of need: \(trouble)")
      }
    }
  }

  /// Is the arena at its path still ours? Someone may have removed it, and clients that come now
  /// would find nothing, or another one.
  private func verifyPublished() {
    if isArenaLost.load(ordering: .relaxed) { return }
    do throws(ServiceError) {
      try service.verifyPublished()
    } catch {
      isArenaLost.store(true, ordering: .relaxed)
      var failure = ServerError.arena("\(error)")
      if case .unpublished(let reason) = error {
        failure = .arenaRemoved(reason: reason, rescue: rescue())
      }
      logger.critical("\(failure)")
      fail(failure)
    }
  }

  private func takeDueSnapshot() {
    let isDue = loop.now >= due.withLock { $0 }
    guard snapshots.isOn, isDue || isSnapshotWanted.load(ordering: .relaxed),
      !isArenaLost.load(ordering: .relaxed)
    else { return }
    takeSnapshot()
  }

  /// Takes a snapshot that somebody waits for, after the pause.
  private func takeWantedSnapshot() {
    guard isSnapshotWanted.load(ordering: .relaxed) else { return }
    let (now, end) = (Deadline.now, endOfPause.withLock { $0 })
    guard now < end else { return takeDueSnapshot() }
    loop.schedule(afterNanoseconds: end.nanoseconds - now.nanoseconds) { [self] in
      takeWantedSnapshot()
    }
  }

  /// What is lost must not be saved as if it were a value, so the arena is repaired first; and once
  /// more where the snapshot came upon more.
  private func takeSnapshot() {
    guard let directory = snapshots.directory else { return }
    repairArena()
    let begin = Deadline.now
    var trouble = tryTakeSnapshot(in: directory)
    if trouble != nil, repairArena() { trouble = tryTakeSnapshot(in: directory) }
    if let trouble {
      if lastSnapshotTrouble.isNews(trouble) { logger.error("no snapshot was taken: \(trouble)") }
      // Again with the next tick, where somebody may be waiting for it.
      isSnapshotWanted.store(true, ordering: .relaxed)
    } else {
      lastSnapshotTrouble.forget()
    }
    let end = Deadline.now
    let pause = max(Self.pauseNanoseconds, end.nanoseconds - begin.nanoseconds)
    endOfPause.withLock { $0 = end.advanced(by: pause) }
    setDue()
  }

  /// - Returns: Why there is none; nil: there is.
  private func tryTakeSnapshot(in directory: String) -> String? {
    if isArenaBroken.load(ordering: .relaxed) { return "the arena cannot be repaired" }
    // Before it begins: what is wanted from here on may come too late for this one.
    isSnapshotWanted.store(false, ordering: .relaxed)
    do throws(ServiceError) {
      if let kept = try service.keepSnapshotBeforeDamage(in: directory) {
        logger.error(
          """
          values were lost; the snapshot from before is kept: bring its values back with \
          `\(ServerError.Rescue.command(restoring: kept, arena: service.arenaPath)) --overwrite`, \
          and remove it when it is not needed any more
          """, metadata: ["path": "\(kept)"])
      }
      let taken = try service.takeSnapshot(in: directory)
      logger.debug(
        "snapshot taken",
        metadata: ["path": "\(taken.path)", "registers": "\(taken.registerCount)"])
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func setDue() {
    let interval = snapshots.intervalNanoseconds
    let next = interval == 0 ? Deadline.never : .now.advanced(by: interval)
    due.withLock { $0 = next }
  }

  /// Saves what is still mapped of an arena that was removed. The second time what was saved before
  /// goes, so that the snapshot from before the first stays.
  private func rescue() -> ServerError.Rescue {
    guard let directory = snapshots.directory else {
      return .failed("there is no directory for snapshots; name one with --snapshot-directory")
    }
    do throws(ServiceError) {
      let path = try service.takeSnapshot(
        inNew: directory, keepsPrevious: !hasRescued.load(ordering: .relaxed))
      hasRescued.store(true, ordering: .relaxed)
      return .saved(path: path, arena: service.arenaPath, restoredAtStart: snapshots.isOn)
    } catch {
      return .failed("\(error)")
    }
  }
}

/// What went wrong the last time, so that it is in the log once and not with each tick.
private final class Trouble: Sendable {
  private let last = Mutex<String?>(nil)

  /// Whether this is not what went wrong the last time.
  func isNews(_ trouble: String) -> Bool {
    last.withLock { last in
      defer { last = trouble }
      return last != trouble
    }
  }

  func forget() { last.withLock { $0 = nil } }
}
