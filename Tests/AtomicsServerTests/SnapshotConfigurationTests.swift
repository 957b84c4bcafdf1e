// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsServer

@Suite struct SnapshotConfigurationTests {
  @Test(
    "snapshots are kept where the arena's user or the system keeps state",
    arguments: [
      (
        "/dev/shm/atomics-1000/default", 1000, ["HOME": "/home/a"],
        "/home/a/.local/state/atomics/default"
      ),
      (
        "/dev/shm/atomics-1000/jobs/", 1000, ["HOME": "/home/a", "XDG_STATE_HOME": "/state"],
        "/state/atomics/jobs"
      ),
      (
        "/dev/shm/x", 1000, ["HOME": "/home/a", "XDG_STATE_HOME": "relative"],
        "/home/a/.local/state/atomics/x"
      ),
      ("/dev/shm/x", 0, ["HOME": "/root"], "/var/lib/atomics/x"),
      ("/run/atomics/jobs", 998, [:], "/var/lib/atomics/jobs"),
      ("/run/user/1000/jobs", 1000, ["HOME": "/home/a"], "/home/a/.local/state/atomics/jobs"),
      ("/dev/shm/x", 1000, [:], nil),
    ] as [(String, UInt32, [String: String], String?)])
  func defaultDirectory(
    arena: String, user: UInt32, environment: [String: String], expected: String?
  ) {
    let found = SnapshotConfiguration.defaultDirectory(
      ofArenaAt: arena, user: user, environment: environment)
    #expect(found == expected)
  }
}
