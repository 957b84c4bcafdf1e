// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

@Suite struct ArenaNameTests {
  @Test(
    "letters, digits, dots, underscores and hyphens name arenas",
    arguments: ["a", "default", "A-b_c.9", "-", String(repeating: "n", count: 64)])
  func valid(name: String) {
    #expect(throws: Never.self) { try ArenaName.check(name) }
  }

  @Test(
    "other names are refused, among them those of arenas under construction",
    arguments: [
      "", ".", "..", ".new.1.a", "a b", "a:b", "ä", "a\0", "a\n",
      String(repeating: "n", count: 65),
    ])
  func invalid(name: String) {
    #expect(throws: ArenaError.invalidArenaName(name)) { try ArenaName.check(name) }
  }

  @Test(
    "a path is a parent and a name",
    arguments: [
      ("/dev/shm/x/default", "/dev/shm/x", "default"), ("/a", "/", "a"), ("a", ".", "a"),
      ("b/a/", "b", "a"), ("//dev//shm/x//a", "/dev/shm/x", "a"),
    ])
  func paths(path: String, parent: String, name: String) throws {
    let place = try ArenaPlace(path)
    #expect(place.parentPath == parent)
    #expect(place.name == name)
  }

  @Test("a path without a name is refused", arguments: ["", "/", "/dev/shm/.."])
  func noName(path: String) {
    #expect(throws: ArenaError.self) { try ArenaPlace(path) }
  }
}
