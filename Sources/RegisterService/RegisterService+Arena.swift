// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// The arena behind the service: where it is, whose it is, and whether it is still there.
extension RegisterService {
  /// Where the user's arena is unless another place is given: `/dev/shm/atomics-UID/default`.
  public static var defaultArenaPath: String { Arena.defaultPath() }

  /// Adopts the arena at `path`, values intact, or makes it, and holds its directory for life.
  ///
  /// - Throws: `.arena` with what is in the way: another server, a foreign file, the file system.
  public static func serve(at path: String) throws(ServiceError)
    -> (service: RegisterService, adopted: Bool)
  {
    do throws(ArenaError) {
      let served = try Arena.serve(at: path)
      return (RegisterService(arena: served.arena), served.adopted)
    } catch {
      throw .arena("\(error)")
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
  /// - Throws: `.arena` with what happened to it.
  public func verifyPublished() throws(ServiceError) {
    do throws(ArenaError) {
      try arena.verifyPublished()
    } catch {
      throw .arena("\(error)")
    }
  }
}
