// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// The arena behind the service: where it is, whose it is, and whether it is still there.
extension RegisterService {
  /// Where the user's arena is unless another place is given: `/dev/shm/atomics-UID/default`.
  public static var defaultArenaPath: String { Arena.defaultPath() }

  /// Where the registers of a service came from.
  public enum Origin: Equatable, Sendable {
    /// The arena was there, values intact.
    case adopted
    /// The arena is new and empty.
    case made
    /// The arena is new and has the registers of a snapshot; the text tells them.
    case restored(String)
  }

  /// Adopts the arena at `path`, values intact, or makes it, and holds its directory for life.
  ///
  /// - Parameter capacity: How many registers a new arena can ever hold; nil is the usual number.
  /// - Parameter snapshots: The directory with the snapshots that are taken of it, from the newest
  ///   of which a new arena is filled; nil: none are.
  /// - Returns: The service, where its registers came from, and what the log should say about the
  ///   snapshots.
  /// - Throws: `.arena` with what is in the way: another server, a foreign file, the file
  ///   system, snapshots that are all damaged, or another arena's.
  public static func serve(
    at path: String, capacity: Int? = nil, snapshots: String? = nil
  ) throws(ServiceError) -> (service: RegisterService, origin: Origin, warnings: [String]) {
    let lock = try snapshots.map { directory throws(ServiceError) in
      try lockSnapshots(in: directory)
    }
    var options = ArenaOptions()
    if let capacity { options.capacity = capacity }
    let served: (arena: Arena, origin: ArenaOrigin)
    do throws(ArenaError) {
      served = try Arena.serve(
        at: path, options: options, restoringFrom: snapshots.map { snapshotPath(in: $0) })
    } catch {
      throw .arena("\(error)")
    }
    let service = RegisterService(
      arena: served.arena, takesSnapshots: snapshots != nil, snapshotLock: lock)
    guard let snapshots else { return (service, served.origin == .adopted ? .adopted : .made, []) }
    switch served.origin {
    case .made: return (service, .made, [])
    case .adopted: return (service, .adopted, service.readBounds(from: snapshots))
    case .restored(let report):
      return (
        service, .restored("\(report.created) registers from \(report.snapshot.path)"),
        service.beginBounds(after: report, in: snapshots)
      )
    }
  }

  /// The arena's directory.
  public var arenaPath: String { arena.path }

  /// Where local programs ask for what only the holder of the directory may do.
  public var socketPath: String { arena.socketPath }

  /// Raised at every start that did not adopt the arena: values may have been lost.
  public var bootEpoch: UInt64 { arena.bootEpoch }

  /// Drawn anew at every start that did not adopt the arena.
  public var arenaUUID: UInt128 { UInt128(arena.uuid.0) | UInt128(arena.uuid.1) << 64 }

  /// Whether the arena at its path is still this one.
  ///
  /// - Throws: `.unpublished` when it was removed or replaced, `.arena` for anything else.
  public func verifyPublished() throws(ServiceError) {
    do throws(ArenaError) {
      try arena.verifyPublished()
    } catch {
      throw ServiceError(error)
    }
  }

  /// Takes memory ahead of need and frees what nobody can be using any more. Off the data path,
  /// once a second.
  ///
  /// - Throws: `.full` when the file system is: the arena goes on with what it has.
  public func maintain() throws(ServiceError) {
    do throws(ArenaError) {
      try arena.maintain()
    } catch {
      throw ServiceError(error)
    }
  }
}
