// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaPlaceTests {
  private let options = ArenaOptions(capacity: 64)
  private let files = FileManager.default

  @Test("only tmpfs is accepted")
  func otherFileSystem() throws {
    let parent = "\(files.currentDirectoryPath)/.build/arena-\(UInt64.random(in: 0...(.max)))"
    try files.createDirectory(atPath: parent, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: parent) }
    let error = ArenaError.notTmpfs(path: parent)
    #expect(throws: error) { try Arena.serve(at: "\(parent)/a", options: options) }
    #expect(throws: error) { try Arena.openOrCreate(at: "\(parent)/a", options: options) }
    #expect(try files.contentsOfDirectory(atPath: parent) == [])
  }

  @Test("a parent that others can write is refused", arguments: [0o777, 0o720, 0o702, 0o1777])
  func writableParent(mode: Int) throws {
    try withTemporaryArenaPath { path in
      let parent = (path as NSString).deletingLastPathComponent
      _ = try Arena.openOrCreate(at: path, options: options)
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: parent)
      let error = ArenaError.unsafePath(path: parent, .writableByOthers(mode: UInt32(mode)))
      #expect(throws: error) { try Arena.serve(at: path, options: options) }
      #expect(throws: error) { try Arena.open(at: path) }
      #expect(throws: error) { try Arena.openOrCreate(at: "\(parent)/other", options: options) }
    }
  }

  @Test("an arena directory that others can write is refused")
  func writableDirectory() throws {
    try withTemporaryArenaPath { path in
      _ = try Arena.openOrCreate(at: path, options: options)
      try files.setAttributes([.posixPermissions: 0o770], ofItemAtPath: path)
      let error = ArenaError.unsafePath(path: path, .writableByOthers(mode: 0o770))
      #expect(throws: error) { try Arena.serve(at: path, options: options) }
      #expect(throws: error) { try Arena.open(at: path) }
    }
  }

  @Test("a symbolic link in the place of the arena is refused")
  func linkedArena() throws {
    try withTemporaryArenaPath { path in
      _ = try Arena.openOrCreate(at: path, options: options)
      let link = "\(path)-link"
      try files.createSymbolicLink(atPath: link, withDestinationPath: path)
      let error = ArenaError.unsafePath(path: link, .symbolicLink)
      #expect(throws: error) { try Arena.serve(at: link, options: options) }
      #expect(throws: error) { try Arena.open(at: link) }
      #expect(throws: error) { try Arena.openOrCreate(at: link, options: options) }
    }
  }

  @Test("a symbolic link in the place of the parent is refused")
  func linkedParent() throws {
    try withTemporaryArenaPath { path in
      _ = try Arena.openOrCreate(at: path, options: options)
      let parent = (path as NSString).deletingLastPathComponent
      try files.createSymbolicLink(atPath: "\(path)-link", withDestinationPath: parent)
      #expect(throws: ArenaError.unsafePath(path: "\(path)-link", .symbolicLink)) {
        try Arena.open(at: "\(path)-link/arena")
      }
    }
  }

  @Test(
    "a symbolic link in the place of a file is refused, even to the right file",
    arguments: ["dir", "val", "lock"])
  func linkedFile(name: String) throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.openOrCreate(at: path, options: options) }
      try files.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/moved")
      try files.createSymbolicLink(
        atPath: "\(path)/\(name)", withDestinationPath: "\(path)/moved")
      #expect(throws: ArenaError.unsafePath(path: "\(path)/\(name)", .symbolicLink)) {
        try Arena.serve(at: path, options: options)
      }
    }
  }

  @Test("a pipe or a directory in the place of a file is refused", arguments: ["dir", "val"])
  func notARegularFile(name: String) throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.openOrCreate(at: path, options: options) }
      try files.removeItem(atPath: "\(path)/\(name)")
      // Safety: the path is a string that lives as long as the call.
      let made = unsafe mkfifo("\(path)/\(name)", 0o600)
      #expect(made == 0)
      #expect(throws: ArenaError.unsafePath(path: "\(path)/\(name)", .notARegularFile)) {
        try Arena.open(at: path)
      }
    }
  }

  @Test("files and directories of another user are refused", .enabled(if: geteuid() == 0))
  func wrongOwner() throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.openOrCreate(at: path, options: options) }
      for name in ["dir", "val"] {
        try files.setAttributes([.ownerAccountID: 12345], ofItemAtPath: "\(path)/\(name)")
        #expect(throws: ArenaError.unsafePath(path: "\(path)/\(name)", .wrongOwner(user: 12345))) {
          try Arena.open(at: path)
        }
        try files.setAttributes([.ownerAccountID: 0], ofItemAtPath: "\(path)/\(name)")
      }
      try files.setAttributes([.ownerAccountID: 12345], ofItemAtPath: path)
      #expect(throws: ArenaError.unsafePath(path: path, .wrongOwner(user: 12345))) {
        try Arena.serve(at: path, options: options)
      }
      try files.setAttributes([.ownerAccountID: 0], ofItemAtPath: path)
      let parent = (path as NSString).deletingLastPathComponent
      try files.setAttributes([.ownerAccountID: 12345], ofItemAtPath: parent)
      #expect(throws: ArenaError.unsafePath(path: parent, .wrongOwner(user: 12345))) {
        try Arena.open(at: path)
      }
    }
  }

  @Test(
    "an arena of another user is opened, but not in the place that bears the caller's own number",
    .enabled(if: geteuid() == 0))
  func squatter() throws {
    try withTemporaryArenaPath { path in
      let base = (path as NSString).deletingLastPathComponent
      for name in ["service", "atomics-0"] {
        let parent = "\(base)/\(name)"
        _ = try Arena.openOrCreate(at: "\(parent)/default", options: options)
        for item in ["default/dir", "default/val", "default/lock", "default", ""] {
          try files.setAttributes([.ownerAccountID: 12345], ofItemAtPath: "\(parent)/\(item)")
        }
      }
      #expect(throws: Never.self) { try Arena.open(at: "\(base)/service/default") }
      let own = "\(base)/atomics-0"
      #expect(throws: ArenaError.unsafePath(path: own, .wrongOwner(user: 12345))) {
        try Arena.open(at: "\(own)/default")
      }
      try files.setAttributes([.ownerAccountID: 0], ofItemAtPath: own)
      #expect(throws: ArenaError.unsafePath(path: "\(own)/default", .wrongOwner(user: 12345))) {
        try Arena.open(at: "\(own)/default")
      }
    }
  }

  @Test("a missing arena is not found, a missing parent neither, and a grandparent is not made")
  func notFound() throws {
    try withTemporaryArenaPath { path in
      #expect(throws: ArenaError.notFound(path: path)) { try Arena.open(at: path) }
      #expect(throws: ArenaError.notFound(path: "\(path)/x/y")) {
        try Arena.serve(at: "\(path)/x/y/z", options: options)
      }
      #expect(throws: Never.self) { try Arena.serve(at: "\(path)/z", options: options) }
      let attributes = try files.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test("an arena cannot have no room, or more than its index can name", arguments: [0, -1, .max])
  func capacity(capacity: Int) throws {
    try withTemporaryArenaPath { path in
      _ = #expect(throws: ArenaError.invalidCapacity(capacity)) {
        try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: capacity))
      }
    }
  }
}
