// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import SharedArena
import Synchronization

/// Snapshots: where the server keeps them, and what they allow.
extension RegisterService {
  /// The name of the snapshot in its directory; the one before it is `registers.snapshot.previous`.
  public static let snapshotName = "registers.snapshot"

  static func snapshotPath(in directory: String) -> String { "\(directory)/\(snapshotName)" }

  /// Makes the directory for snapshots, with those above it that are missing, and takes it.
  ///
  /// - Throws: `.arena` where it cannot be made, others could put files into it, or another server
  ///   has it.
  static func lockSnapshots(in directory: String) throws(ServiceError) -> SnapshotDirectoryLock {
    do throws(ArenaError) {
      try Arena.prepareSnapshotDirectory(at: directory)
      return try SnapshotDirectoryLock(at: directory)
    } catch {
      throw .arena("\(error)")
    }
  }

  /// Keeps the newest snapshot where no other replaces it, if values were lost since it was last
  /// asked: the next one has what is left.
  ///
  /// - Returns: Where it is kept; nil: nothing was lost, or there is none.
  /// - Throws: `.arena`; the next call tries again.
  public func keepSnapshotBeforeDamage(in directory: String) throws(ServiceError) -> String? {
    let losses = arena.damage.lossCount
    guard losses != lossesKept.load(ordering: .relaxed) else { return nil }
    do throws(ArenaError) {
      let kept = try Arena.keepSnapshot(at: Self.snapshotPath(in: directory))
      lossesKept.store(losses, ordering: .relaxed)
      return kept
    } catch {
      throw .arena("values were lost, and the snapshot from before cannot be kept: \(error)")
    }
  }

  /// Saves every register in `directory`; what was saved before is kept beside it.
  ///
  /// Waits for the disk: not for a loop's thread. One thread at a time.
  ///
  /// - Parameter keepsPrevious: False where what was saved last is of no use beside this.
  /// - Returns: The file, and how many registers it has.
  /// - Throws: `.arena`, also where values were lost since ``keepSnapshotBeforeDamage(in:)``.
  public func takeSnapshot(
    in directory: String, keepsPrevious: Bool = true
  ) throws(ServiceError) -> (path: String, registerCount: UInt64) {
    do throws(ArenaError) {
      let summary = try arena.snapshot(
        to: Self.snapshotPath(in: directory), losses: lossesKept.load(ordering: .relaxed),
        keepsPrevious: keepsPrevious
      ) { info, read in
        bounds?.save(info, read: read, in: arena) ?? read
      }
      bounds?.finishSaving(true)
      return (summary.path, summary.registerCount)
    } catch {
      bounds?.finishSaving(false)
      throw .arena("\(error)")
    }
  }

  /// As ``takeSnapshot(in:keepsPrevious:)``, in a directory that is made where it is missing and is
  /// not this service's so far.
  public func takeSnapshot(
    inNew directory: String, keepsPrevious: Bool
  ) throws(ServiceError) -> String {
    let lock = hasBounds ? nil : try Self.lockSnapshots(in: directory)
    defer { withExtendedLifetime(lock) {} }
    _ = try keepSnapshotBeforeDamage(in: directory)
    return try takeSnapshot(in: directory, keepsPrevious: keepsPrevious).path
  }

  /// Has `action` called, on any thread and perhaps often, when a snapshot should be taken soon:
  /// before an operation has to be refused for a register's restore gap.
  public func onSnapshotWanted(_ action: @escaping @Sendable () -> Void) {
    bounds?.onWanted(action)
  }

  /// The outcome of an operation on a register with a restore gap.
  @usableFromInline
  func performBounded(
    _ request: AtomicRequest, on register: RegisterReference
  ) throws(ServiceError) -> AtomicOutcome? {
    guard let bounds else { return arena.perform(request, on: register.handle) }
    return try bounds.perform(request, on: register.handle, in: arena)
  }

  /// Learns the bounds of an adopted arena from its newest snapshot.
  ///
  /// - Returns: What the log should say. The arena is there: that its snapshots are not is no
  ///   reason not to serve it.
  func readBounds(from directory: String) -> [String] {
    guard let bounds else { return [] }
    do throws(ArenaError) {
      guard let snapshot = try Snapshot(newestAt: Self.snapshotPath(in: directory)) else {
        return []
      }
      // By name: what is saved under a name is what would come back under it.
      while let entries = try snapshot.reader.nextBlock() {
        for entry in entries where entry.restoreGap != 0 {
          guard let handle = arena.find(named: entry.name), handle.type == entry.type,
            arena.restoreGap(of: handle) == entry.restoreGap
          else { continue }
          bounds.add(handle, saved: entry.value, gap: entry.restoreGap)
        }
      }
      return snapshot.damage.map { [Self.warning($0, in: directory) + "the one before is whole"] }
        ?? []
    } catch {
      return ["\(error)"]
    }
  }

  /// Makes room above restored values: they stand where their bounds are until they are saved.
  ///
  /// - Returns: What the log should say.
  func beginBounds(after report: RestoreReport, in directory: String) -> [String] {
    var warnings: [String] = []
    if let damage = report.damage {
      warnings.append(
        Self.warning(damage, in: directory)
          + "the one before was restored, and what was done since it was taken is lost")
    }
    guard report.withGap > 0 else { return warnings }
    do throws(ServiceError) {
      _ = try takeSnapshot(in: directory)
    } catch {
      warnings.append(
        "\(error); until a snapshot is taken, registers with a restore gap cannot grow")
    }
    return warnings
  }

  private static func warning(_ damage: SnapshotDamage, in directory: String) -> String {
    "\(snapshotPath(in: directory)) \(damage); "
  }
}
