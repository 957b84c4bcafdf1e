// SPDX-License-Identifier: Apache-2.0

import SharedArena

extension RegisterService {
  /// Removes the registers of `user` with this tag that lie in a part of the slots.
  ///
  /// - Parameter cursor: 0 for the first part, then each part's `next`.
  /// - Returns: How many were removed, and where the next part starts; nil: this was the last.
  /// - Throws: `.arena`, only where nothing was removed.
  /// - Complexity: At most ``ExecutionBudget/scanLimit`` slots are looked at, and as many registers
  ///   removed as a turn pays for; `budget` pays for both.
  public func deleteOwned(
    by user: UInt32, tag: UInt64, from cursor: UInt64, _ budget: inout ExecutionBudget
  ) throws(ServiceError) -> (deleted: Int, next: UInt64?) {
    budget.spend(ExecutionBudget.scanLimit)
    do throws(ArenaError) {
      let part = try arena.deleteOwned(
        by: user, tag: tag, from: cursor, limit: ExecutionBudget.turn / ExecutionBudget.create,
        scanLimit: ExecutionBudget.scanLimit)
      for handle in part.deleted { forget(handle) }
      budget.spend(part.deleted.count * ExecutionBudget.create)
      return (part.deleted.count, part.next)
    } catch {
      throw ServiceError(error)
    }
  }

  /// Keeps a register's slot and cell out of reuse for ever, for programs that map the cell without
  /// an attachment.
  ///
  /// - Throws: `.invalidName` or `.notFound`.
  public func pin(_ name: String) throws(ServiceError) {
    let found: Bool
    do throws(ArenaError) {
      found = try arena.pin(named: name)
    } catch {
      throw ServiceError(error)
    }
    if !found { throw .notFound }
  }
}
