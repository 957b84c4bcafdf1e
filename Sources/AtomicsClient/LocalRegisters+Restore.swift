// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena

extension LocalRegisters {
  func restore(
    from file: String, overwriting: Bool
  ) throws(ClientError) -> RestoreReport {
    let snapshot: Snapshot
    do throws(ArenaError) {
      guard let newest = try Snapshot(newestAt: file) else { throw .notFound(path: file) }
      snapshot = newest
    } catch {
      throw ClientError(reading: error)
    }
    let arena: Arena
    do throws(ArenaError) {
      arena = try arenaOrNew()
    } catch {
      throw ClientError(error)
    }
    // Kept: a connection for each register would cost more than the register.
    var server: BlockingConnection?
    return try arena.restore(snapshot, overwriting: overwriting) { () throws(ClientError) in
      try next(of: snapshot)
    } making: { (entry, specification) throws(ClientError) in
      do throws(ClientError) {
        let (handle, created) = try make(specification, in: arena, &server)
        return .register(handle, created: created)
      } catch .rejected("type-mismatch", _, _) {
        guard let existing = arena.find(named: entry.name) else { return .gone }
        return .conflict(existing: existing.type)
      } catch .rejected("unsupported-operation", let text, _) where entry.restoreGap != 0 {
        // A server without snapshots makes none with a gap. The others are none the worse for it.
        return .conflict(existing: nil, refusal: text)
      }
    }
  }

  private func next(of snapshot: Snapshot) throws(ClientError) -> [SnapshotEntry]? {
    do throws(ArenaError) {
      return try snapshot.reader.nextBlock()
    } catch {
      throw ClientError(reading: error)
    }
  }

  /// Makes a register, or has the server do it that holds the directory.
  private func make(
    _ specification: RegisterSpecification, in arena: Arena, _ server: inout BlockingConnection?
  ) throws(ClientError) -> (handle: RegisterHandle, created: Bool) {
    do throws(ArenaError) {
      return try arena.create(specification)
    } catch {
      guard let socket = error.server else { throw ClientError(error) }
      let connection: BlockingConnection
      if let server { connection = server } else { connection = try connect(to: socket) }
      server = connection
      let plan = RegisterPlan(
        name: specification.name, type: specification.type, initial: specification.initial,
        label: specification.label, ownerTag: specification.ownerTag,
        restoreGap: specification.restoreGap)
      let created = try connection.call(.create(plan)).asRegister().created
      return (try find(specification.name), created)
    }
  }
}
