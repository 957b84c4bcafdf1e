// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Arena {
  /// Keeps the newest whole snapshot of the two at `path` as `path.before-damage`, a name that no
  /// later snapshot takes; where others have that name already, as `path.before-damage.2` and so on
  /// up to 9.
  ///
  /// - Returns: Where it is kept; nil: there is no whole one.
  /// - Throws: `systemCall` with `EEXIST` when all nine are kept already.
  package static func keepSnapshot(at path: String) throws(ArenaError) -> String? {
    let place = try SnapshotPlace(path)
    let newest: (reader: SnapshotReader, summary: SnapshotSummary, damage: SnapshotDamage?)?
    do throws(ArenaError) {
      newest = try SnapshotReader.newest(at: path)
    } catch .noValidSnapshot {
      return nil
    }
    guard let newest else { return nil }
    let directory = try place.openDirectory()
    let name = newest.damage == nil ? place.name : place.previousName
    for number in 1...9 {
      let kept = "\(place.name).before-damage" + (number == 1 ? "" : ".\(number)")
      guard try directory.link(name, toNew: kept) else { continue }
      try directory.syncNames()
      return "\(directory.path)/\(kept)"
    }
    throw .systemCall("linkat", path: "\(path).before-damage.9", code: EEXIST)
  }
}

extension FileDescriptor {
  /// Gives a file of this directory another name beside its own; where the file system knows no
  /// such thing, instead of it. False when something has that name.
  fileprivate func link(_ name: String, toNew new: String) throws(ArenaError) -> Bool {
    // Safety: Swift passes names as bytes that end with a zero and live as long as the call.
    if unsafe linkat(number, name, number, new, 0) == 0 { return true }
    switch errno {
    case EEXIST: return false
    case EPERM, EOPNOTSUPP, ENOSYS, EMLINK: return try rename(name, toNew: new)
    case let code: throw .systemCall("linkat", path: "\(path)/\(new)", code: code)
    }
  }
}
