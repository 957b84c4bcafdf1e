// SPDX-License-Identifier: Apache-2.0

import Foundation
public import SharedArena

/// A directory of its own for one test's arenas: on tmpfs, writable by nobody else, removed with
/// the value.
public final class TemporaryArenaDirectory: Sendable {
  /// The directory, whose name no other test has.
  public let path: String

  public init() throws {
    let unique = "\(ProcessInfo.processInfo.processIdentifier)-\(UInt64.random(in: .min ... .max))"
    path = "/dev/shm/atomics-test-\(unique)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Where an arena of this name would be; nothing is made.
  public func arenaPath(_ name: String = "arena") -> String { "\(path)/\(name)" }
}

/// Runs `body` with a path at which nothing is yet, and removes whatever `body` put there, also
/// when it throws.
@discardableResult
public func withTemporaryArenaPath<Result>(
  _ body: (_ path: String) throws -> Result
) throws -> Result {
  let directory = try TemporaryArenaDirectory()
  return try withExtendedLifetime(directory) { try body(directory.arenaPath()) }
}

/// As above, for asynchronous tests.
@discardableResult
public func withTemporaryArenaPath<Result>(
  isolation: isolated (any Actor)? = #isolation,
  _ body: (_ path: String) async throws -> Result
) async throws -> Result {
  let directory = try TemporaryArenaDirectory()
  let result = try await body(directory.arenaPath())
  withExtendedLifetime(directory) {}
  return result
}

/// Runs `body` with a new arena that has no server: any process may create and delete.
@discardableResult
public func withTemporaryArena<Result>(
  capacity: Int = 1 << 16, _ body: (Arena) throws -> Result
) throws -> Result {
  try withTemporaryArenaPath { path in
    try body(Arena.openOrCreate(at: path, options: ArenaOptions(capacity: capacity)))
  }
}

/// As above, for asynchronous tests.
@discardableResult
public func withTemporaryArena<Result>(
  isolation: isolated (any Actor)? = #isolation, capacity: Int = 1 << 16,
  _ body: (Arena) async throws -> Result
) async throws -> Result {
  try await withTemporaryArenaPath { path in
    try await body(Arena.openOrCreate(at: path, options: ArenaOptions(capacity: capacity)))
  }
}
