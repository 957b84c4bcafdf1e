// SPDX-License-Identifier: Apache-2.0

/// Where a server keeps snapshots of its registers, and when it takes them.
public struct SnapshotConfiguration: Sendable, Equatable {
  /// Nil: there is no place for them.
  public var directory: String?
  /// Whether snapshots are taken, and the newest one restored when the arena is gone. One that is
  /// taken because the arena was removed under the server is taken in any case.
  public var isOn = false
  /// Time between two snapshots; 0: none by time.
  public var intervalNanoseconds: UInt64 = 0
  /// Whether one is taken after the last connection has ended.
  public var atShutdown = false

  public init(directory: String? = nil) {
    self.directory = directory
  }

  /// Where the snapshots of the arena at `path` are unless another place is given: a place of the
  /// system's for root and for arenas under /run, else one of the user's.
  ///
  /// - Returns: Nil where the environment names no home.
  public static func defaultDirectory(
    ofArenaAt path: String, user: UInt32, environment: [String: String]
  ) -> String? {
    let name = path.split(separator: "/").last.map(String.init) ?? "default"
    let isOfSystem = path.hasPrefix("/run/") && !path.hasPrefix("/run/user/")
    if user == 0 || isOfSystem { return "/var/lib/atomics/\(name)" }
    // A relative path is to be ignored, says the XDG base directory specification.
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return "\(state)/atomics/\(name)"
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/atomics/\(name)"
  }
}
