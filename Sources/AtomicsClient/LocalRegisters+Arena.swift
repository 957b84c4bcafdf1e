// SPDX-License-Identifier: Apache-2.0

import Glibc
import SharedArena

/// What is about the arena as a whole, or about those who map it.
extension LocalRegisters {
  func deleteOwned(
    tag: UInt64, from cursor: UInt64
  ) throws(ClientError) -> (count: Int, next: UInt64?) {
    let arena = try arena()
    do throws(ArenaError) {
      let part = try arena.deleteOwned(
        by: geteuid(), tag: tag, from: cursor, limit: 1 << 10, scanLimit: 1 << 20)
      return (part.deleted.count, part.next)
    } catch {
      guard let socket = error.server else { throw ClientError(error) }
      return try ask(socket, .deleteOwned(tag: tag, cursor: cursor)).asOwnedDeleted()
    }
  }

  func pin(_ name: String) throws(ClientError) {
    let arena = try arena()
    do throws(ArenaError) {
      guard try arena.pin(named: name) else { throw ArenaError.notFound(path: name) }
    } catch {
      if case .notFound = error { throw .notFound(name: name) }
      guard let socket = error.server else { throw ClientError(error) }
      _ = try ask(socket, .pin(name: name))
    }
  }

  /// Where the register's cell is, which from now on no other register ever gets.
  func pinnedLocation(of name: String) throws(ClientError) -> CellLocation {
    let arena = try arena()
    // Between the two somebody may have deleted the register, and made another one of its name.
    for _ in 0..<16 {
      try pin(name)
      let handle = try find(name)
      if arena.info(of: handle)?.isPinned == true { return arena.location(of: handle) }
    }
    throw .arena("`\(name)` is deleted and made again all the time.")
  }

  /// Counted here, also where there is a server: the processes are those that the caller may see.
  /// Damage is told by the server, which has looked for it all the time.
  func report() throws(ClientError) -> ArenaReport {
    let arena = try arena()
    var report: ArenaReport
    do throws(ArenaError) {
      report = ArenaReport(try arena.statistics(), arena.damage, without: getpid())
    } catch {
      throw ClientError(error)
    }
    do throws(ClientError) {
      report.damage = try ask(arena.socketPath, .arenaReport).asArenaReport().damage
    } catch .unreachable {
      // No server: what this process found itself.
    } catch {
      report.damage = nil
    }
    return report
  }
}
