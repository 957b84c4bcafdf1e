// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaForkTests {
  @Test("a child of a fork looks up and operates, and does not write the directory")
  func child() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        let specification = RegisterSpecification(
          name: "hits", type: RegisterType.all[3], ownerUser: 0)
        let handle = try arena.create(specification).handle
        let child = try ArenaForkTests.fork()
        if child == 0 {
          guard let cell = arena.find(named: "hits").flatMap({ arena.cell(of: $0) }) else {
            _exit(1)
          }
          cell.store(5)
          do {
            _ = try arena.delete(named: "hits")
          } catch {
            _exit((error as? ArenaError) == .openedBeforeFork ? 0 : 2)
          }
          _exit(3)
        }
        var status: Int32 = -1
        // Safety: `status` outlives the call.
        let waited = unsafe waitpid(child, &status, 0)
        #expect(waited == child)
        #expect(status == 0)
        #expect(arena.cell(of: handle)?.load() == 5)
        #expect(try arena.delete(named: "hits"))
      }
    }
  }

  @Test("who has forked shares its lock with the child, so neither of them moves it")
  func quiescing() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        _ = try arena.register(named: "a", as: UInt64.self)
        #expect(try arena.delete(named: "a"))
        let before = arena.lockByte
        let child = try ArenaForkTests.fork()
        if child == 0 { _exit(arena.quiesce() || arena.lockByte != before ? 1 : 0) }
        var status: Int32 = -1
        // Safety: `status` outlives the call.
        let waited = unsafe waitpid(child, &status, 0)
        #expect(waited == child)
        #expect(status == 0)
        #expect(!arena.quiesce())
        #expect(arena.lockByte == before)
      }
    }
  }

  @Test("a child of a fork does not keep the directory of a server that was killed")
  func orphan() async throws {
    try await withTemporaryArenaPath { path in
      let end = "\(path).end"
      // Safety: the path is a string that lives as long as the call.
      let made = unsafe mkfifo(end, 0o600)
      try #require(made == 0)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, end = end as String] in
        let server = try Arena.serve(at: path, options: ArenaOptions(capacity: 64)).arena
        let lock = try ArenaForkTests.descriptor(of: "\(path)/lock")
        let ready = Pipe()
        let report = ready.fileHandleForWriting.fileDescriptor
        let child = try ArenaForkTests.fork()
        if child == 0 {
          // Should the test never come to its end; this thread blocks signals.
          var none = sigset_t()
          // Safety: `none` outlives the calls.
          _ = unsafe sigemptyset(&none)
          _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
          alarm(300)
          // Safety: the strings and `byte` live as long as the calls.
          let ending = unsafe open(end, O_RDWR)
          _ = unsafe write(report, "r", 1)
          // What the test's process waits for the end of, among others.
          let limit = Int32(min(sysconf(Int32(_SC_OPEN_MAX)), 1 << 16))
          for descriptor in 0..<limit where descriptor != lock && descriptor != ending {
            close(descriptor)
          }
          var byte: UInt8 = 0
          _ = unsafe read(ending, &byte, 1)
          _exit(0)
        }
        #expect(ready.fileHandleForReading.readData(ofLength: 1).count == 1)
        withExtendedLifetime(server) { _ = kill(getpid(), SIGKILL) }
      }
      #expect(throws: Never.self) { try Arena.serve(at: path) }
      // Lets the child go.
      // Safety: the strings live as long as the calls.
      let ending = unsafe open(end, O_WRONLY | O_NONBLOCK)
      #expect(ending >= 0, "the child lives")
      _ = unsafe write(ending, "e", 1)
      close(ending)
    }
  }

  /// The number under which this process has the file open.
  private static func descriptor(of path: String) throws -> Int32 {
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let found = numbers.first {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
    }
    return try #require(found.flatMap { Int32($0) })
  }

  /// Swift hides fork for what threads would leave behind; a child calls only the arena, the kernel
  /// and _exit.
  private static func fork() throws -> Int32 {
    // Safety: fork has this signature.
    let symbol = unsafe try #require(dlsym(nil, "fork"))
    return unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)()
  }
}
