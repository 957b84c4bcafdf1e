// SPDX-License-Identifier: Apache-2.0

/// Where the registers of an arena that a server took come from.
public enum ArenaOrigin: Equatable, Sendable {
  /// The arena was there, with its values.
  case adopted
  /// The arena is new and empty.
  case made
  /// The arena is new and has the registers of a snapshot.
  case restored(RestoreReport)
}

extension ArenaBuilder {
  /// Opens the new arena, fills it from `snapshot`, and only then gives it its name: whoever finds
  /// it finds all of it, also when this process is killed at it.
  ///
  /// - Parameter replaces: Whether it takes the place of another, which is removed.
  /// - Returns: Nil when something has the name already; the new arena is gone then.
  consuming func serve(
    in parent: borrowing FileDescriptor, path: String, options: ArenaOptions,
    restoring snapshot: Snapshot?, replaces: Bool
  ) throws(ArenaError) -> (arena: Arena, origin: ArenaOrigin)? {
    let (place, temporaryName) = (place, temporaryName)
    do throws(ArenaError) {
      let arena = try Arena(path: path, serving: directory, lock: lock, options: options)
      var origin = ArenaOrigin.made
      if let snapshot { origin = .restored(try arena.restore(snapshot)) }
      if replaces {
        try parent.exchange(temporaryName, with: place.name)
        Self.remove(temporaryName, from: parent)
      } else if try !parent.rename(temporaryName, toNew: place.name) {
        Self.remove(temporaryName, from: parent)
        return nil
      }
      return (arena, origin)
    } catch {
      Self.remove(temporaryName, from: parent)
      throw error
    }
  }
}
