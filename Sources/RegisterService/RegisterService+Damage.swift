// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// What other programs broke in the arena, as far as it was found.
public struct DamageSummary: Equatable, Sendable {
  /// How often something was found since the start.
  public var count: Int
  /// What was found last, as a sentence.
  public var last: String?
  /// Nanoseconds since 1970.
  public var lastUnixNanoseconds: UInt64
  /// Not repaired yet: until then every request is answered with `.damaged`.
  public var isUnrepaired: Bool
}

extension RegisterService {
  /// Keeps the process alive when somebody cuts the file of an arena that it serves: the requests
  /// that this happens to are answered with `.damaged`. For programs: it takes SIGBUS.
  public static func guardAgainstFaults() throws(ServiceError) {
    do throws(ArenaError) {
      try FaultGuard.install()
    } catch {
      throw .arena("\(error)")
    }
  }

  /// What was found damaged so far.
  public var damage: DamageSummary {
    let report = arena.damage
    return DamageSummary(
      count: report.count, last: report.last.map { "\($0)" },
      lastUnixNanoseconds: report.lastUnixNanoseconds, isUnrepaired: report.isUnrepaired)
  }

  /// Makes good what can be made good of the arena's file. Once a second.
  ///
  /// - Returns: What was found, a sentence each.
  /// - Throws: `.arena` when it cannot be served any more, with what to do.
  public func repair() throws(ServiceError) -> [String] {
    do throws(ArenaError) {
      return try arena.repair().map { "\($0)" }
    } catch {
      throw .arena("\(error)")
    }
  }

  /// Why a register had no operation, or one that does not count. An overwritten cell is usable
  /// again afterwards.
  @usableFromInline @inline(never)
  func refusal(of register: RegisterReference, isPerformed: Bool) -> ServiceError {
    if isPerformed || arena.isFaulty { return .damaged }
    guard arena.condition(of: register.handle) != .deleted else { return .gone }
    do throws(ArenaError) {
      // False: another thread was faster.
      _ = try arena.restoreCell(of: register.handle)
      return .overwritten
    } catch {
      return .arena("\(error)")
    }
  }

  func refuseWhileDamaged() throws(ServiceError) {
    if arena.isFaulty { throw .damaged }
  }
}
