// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

@Suite struct ArenaErrorTests {
  private static let unusable: [ArenaError] = [
    .notAnArena(path: "/p/dir"), .foreignEndianness(path: "/p/dir", tag: 1),
    .versionMismatch(path: "/p/dir", found: 2, expected: 1),
    .unknownFeatures(path: "/p/dir", bits: 4),
    .checksumMismatch(path: "/p/dir", found: 5, computed: 6),
    .malformedHeader(path: "/p/dir", field: "index"), .mispairedFiles(path: "/p/dir"),
  ]

  @Test("an arena that cannot be used is named, with the way out", arguments: unusable)
  func unusableArena(error: ArenaError) {
    #expect(error.description.contains("/p/dir"))
    #expect(error.description.hasSuffix("remove the arena's directory"))
  }

  @Test("whoever may not write the directory is told whom to ask")
  func whomToAsk() {
    let held = ArenaError.directoryHeld(process: 7, program: "server", socket: "/p/sock")
    #expect(
      held.description
        == "server (process 7) serves the arena; it creates and deletes over /p/sock")
    #expect(ArenaError.directoryDenied(socket: "/p/sock").description.contains("/p/sock"))
    let busy = ArenaError.directoryBusy(process: 7, program: "tool")
    #expect(busy.description.contains("tool (process 7)"))
  }

  @Test("a failed system call is named with its path and reason")
  func systemCall() {
    let error = ArenaError.systemCall(name: "mmap", path: "/p/val", code: 12)
    #expect(error.description == "mmap /p/val: Cannot allocate memory")
  }
}
