// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// Keeps a program that maps arenas alive when another program cuts an arena's file: the call that
/// this happens to ends with an error whose `applied` is unknown.
public enum ClientFaultGuard {
  /// For programs: it takes SIGBUS, and hands on what no arena has to do with.
  public static func install() throws(ClientError) {
    do throws(ArenaError) {
      try FaultGuard.install()
    } catch {
      throw ClientError(error)
    }
  }
}
