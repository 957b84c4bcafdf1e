// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Which files there are after a snapshot was written, or was not.
@Suite struct SnapshotWriterTests {
  private func names(beside path: String) throws -> [String] {
    let directory = String(path[..<path.lastIndex(of: "/")!])
    return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  @Test("the newest and the one before are kept")
  func twoAreKept() throws {
    try withSnapshotPath { path in
      for value in 1...4 { try write([u64("n", UInt128(value))], to: path) }
      #expect(try names(beside: path) == ["all", "all.previous"])
      #expect(try newestEntries(at: path) == [u64("n", 4)])
      #expect(try newestEntries(at: path + ".previous") == [u64("n", 3)])
    }
  }

  @Test("a writer that does not commit changes nothing and leaves nothing")
  func abandoned() throws {
    try withSnapshotPath { path in
      try write([u64("n", 1)], to: path)
      do {
        let writer = try SnapshotWriter(to: path, header: someHeader)
        for index in 0..<2000 { try writer.append(u64("n\(index)", 1)) }
        #expect(try names(beside: path).count == 2)
      }
      #expect(try names(beside: path) == ["all"])
      #expect(try newestEntries(at: path) == [u64("n", 1)])
    }
  }

  @Test("where the newest is damaged, the one before is whole, and says so")
  func fallback() throws {
    try withSnapshotPath { path in
      #expect(try SnapshotReader.newest(at: path) == nil)
      #expect(try SnapshotReader.newest(at: path + "/no/directory") == nil)
      try write([u64("n", 1)], to: path)
      try write([u64("n", 2)], to: path)
      try setBytes(Array(bytes(ofFile: path).dropLast(9)), ofFile: path)
      let found = try #require(try SnapshotReader.newest(at: path))
      #expect(found.damage == .cut)
      #expect(found.summary.path == path + ".previous")
      #expect(try newestEntries(at: path) == [u64("n", 1)])
      // The next one takes the damaged one's place, and not the whole one's before it is there.
      try write([u64("n", 3)], to: path)
      #expect(try newestEntries(at: path) == [u64("n", 3)])
      #expect(throws: ArenaError.self) { try SnapshotReader(at: path + ".previous").verify() }

      try setBytes([], ofFile: path)
      #expect(throws: ArenaError.noValidSnapshot(path: path, newest: .cut, previous: .cut)) {
        try SnapshotReader.newest(at: path)
      }
      try FileManager.default.removeItem(atPath: path)
      #expect(throws: ArenaError.noValidSnapshot(path: path, newest: .missing, previous: .cut)) {
        try SnapshotReader.newest(at: path)
      }
    }
  }

  @Test("links are not followed, and what is no file is refused")
  func unsafePlaces() throws {
    try withSnapshotPath { path in
      try write([u64("n", 1)], to: path)
      let link = path + "-link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      #expect(throws: ArenaError.unsafePath(path: link, .symbolicLink)) {
        try SnapshotReader(at: link)
      }
      #expect(throws: ArenaError.unsafePath(path: link, .notARegularFile)) {
        try write([], to: link)
      }
      // Safety: the path ends with a zero and lives as long as the call.
      let made = unsafe mkfifo(path + "-pipe", 0o600)
      #expect(made == 0)
      #expect(throws: ArenaError.unsafePath(path: path + "-pipe", .notARegularFile)) {
        try SnapshotReader(at: path + "-pipe")
      }
      for wrong in ["", "/", "a/", "..", "a/.", String(repeating: "n", count: 201)] {
        #expect(throws: ArenaError.invalidSnapshotPath(wrong)) { try write([], to: wrong) }
      }
      #expect(try newestEntries(at: path) == [u64("n", 1)])
    }
  }

  @Test("the directory for a server's snapshots is made, and refused where others can write")
  func directory() throws {
    try withSnapshotPath { path in
      try Arena.prepareSnapshotDirectory(at: path + "/b/c")
      try Arena.prepareSnapshotDirectory(at: path + "/b/c")
      let attributes = try FileManager.default.attributesOfItem(atPath: path + "/b")
      #expect(attributes[.posixPermissions] as? Int == 0o700)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o722], ofItemAtPath: path + "/b/c")
      #expect(throws: ArenaError.unsafePath(path: path + "/b/c", .writableByOthers(mode: 0o722))) {
        try Arena.prepareSnapshotDirectory(at: path + "/b/c")
      }
    }
  }

  #if DEBUG
    @Test(
      "whoever is killed at a step leaves the newest whole snapshot, and the next one works",
      arguments: CrashPoint.ofSnapshot, [false, true])
    func killed(point: CrashPoint, hasPrevious: Bool) async throws {
      let directory = try TemporaryArenaDirectory()
      let path = directory.path + "/all"
      if hasPrevious { try write([u64("n", 0)], to: path) }
      try write([u64("n", 1)], to: path)
      let code = point.rawValue
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, code = code as UInt8] in
        try #require(CrashPoint(rawValue: code)).arm()
        try write([u64("n", 2)], to: path)
      }
      let isNew = point == .snapshotReplaced || point == .snapshotKept
      #expect(try newestEntries(at: path) == [u64("n", isNew ? 2 : 1)])
      try write([u64("n", 3)], to: path)
      #expect(try newestEntries(at: path) == [u64("n", 3)])
      #expect(try newestEntries(at: path + ".previous") == [u64("n", isNew ? 2 : 1)])
      #expect(try names(beside: path) == ["all", "all.previous"])
    }

    @Test(
      "where the newest is damaged the one before stays until there is another",
      arguments: CrashPoint.ofSnapshot)
    func killedOverDamage(point: CrashPoint) async throws {
      let directory = try TemporaryArenaDirectory()
      let path = directory.path + "/all"
      try write([u64("n", 1)], to: path)
      try write([u64("n", 2)], to: path)
      try setBytes([1, 2, 3], ofFile: path)
      let code = point.rawValue
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, code = code as UInt8] in
        try #require(CrashPoint(rawValue: code)).arm()
        try write([u64("n", 3)], to: path)
      }
      let isNew = point == .snapshotReplaced || point == .snapshotKept
      #expect(try newestEntries(at: path) == [u64("n", isNew ? 3 : 1)])
    }
  #endif
}
