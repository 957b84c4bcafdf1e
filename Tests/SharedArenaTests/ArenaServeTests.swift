// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaServeTests {
  private let options = ArenaOptions(capacity: 1024, lockTimeoutNanoseconds: 200_000_000)

  private func specification(_ name: String, initial: UInt128 = 0) throws -> RegisterSpecification {
    let type = try #require(RegisterType(name: "u64"))
    return RegisterSpecification(name: name, type: type, initial: initial, ownerUser: 0)
  }

  @Test("a server makes an arena, and the next one adopts it with its values")
  func adoption() throws {
    try withTemporaryArenaPath { path in
      var uuid: UInt64 = 0
      var epoch: UInt64 = 0
      do {
        let (arena, adopted) = try Arena.serve(at: path, options: options)
        #expect(!adopted)
        let handle = try arena.create(specification("hits", initial: 4)).handle
        arena.cell(of: handle)?.store(42)
        uuid = arena.uuid.0
        epoch = arena.bootEpoch
      }
      let (arena, adopted) = try Arena.serve(at: path, options: options)
      #expect(adopted)
      #expect(arena.uuid.0 == uuid)
      #expect(arena.bootEpoch == epoch)
      let handle = try #require(arena.find(named: "hits"))
      #expect(arena.cell(of: handle)?.load() == 42)
    }
  }

  @Test("while a server holds the directory, others learn who it is and where it listens")
  func held() throws {
    try withTemporaryArenaPath { path in
      let server = try Arena.serve(at: path, options: options).arena
      let client = try Arena.open(at: path)
      do {
        _ = try client.create(specification("hits"))
        Issue.record("a client created under a server")
      } catch let error as ArenaError {
        guard case .directoryHeld(let process, let program, let socket) = error else { throw error }
        #expect(process == ProcessInfo.processInfo.processIdentifier)
        #expect(!program.isEmpty)
        #expect(socket == "\(path)/sock")
        #expect(socket == server.socketPath)
      }
      #expect(throws: ArenaError.self) { try Arena.serve(at: path, options: options) }
      // What is there already needs no writer.
      let made = try server.create(specification("there"))
      #expect(try client.create(specification("there")).handle == made.handle)
      #expect(try !client.delete(named: "missing"))
    }
  }

  @Test("another process learns who serves the arena, works in it, and asks")
  func heldByAnotherProcess() async throws {
    try await withTemporaryArenaPath { path in
      let server = try Arena.serve(at: path, options: options).arena
      let handle = try server.create(specification("hits", initial: 1)).handle
      let process = ProcessInfo.processInfo.processIdentifier
      await #expect(processExitsWith: .success) {
        [path = path as String, process = process as Int32] in
        let arena = try Arena.open(at: path)
        let handle = try #require(arena.find(named: "hits"))
        try #require(arena.cell(of: handle)).store(2)
        do {
          _ = try arena.delete(named: "hits")
          Issue.record("a client deleted under a server")
        } catch ArenaError.directoryHeld(let holder, _, "\(path)/sock") {
          #expect(holder == process)
        }
      }
      #expect(server.cell(of: handle)?.load() == 2)
    }
  }

  @Test("when the server is gone, clients create again")
  func released() throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.serve(at: path, options: options) }
      let client = try Arena.open(at: path)
      #expect(try client.create(specification("hits")).created)
    }
  }

  @Test("a writer that does not end is waited for until the time is up, then named")
  func busy() throws {
    try withTemporaryArenaPath { path in
      let arena = try Arena.openOrCreate(at: path, options: options)
      let directory = try FileDescriptor.directory(at: path)
      let lock = try DirectoryLock(directory.file(named: "lock", writable: true))
      #expect(try lock.tryAcquire(for: .writing))
      let start = SystemClock.monotonicNanoseconds()
      do {
        _ = try arena.create(specification("hits"))
        Issue.record("created while another held the lock")
      } catch let error as ArenaError {
        guard case .directoryBusy(let process, _) = error else { throw error }
        #expect(process == ProcessInfo.processInfo.processIdentifier)
      }
      #expect(SystemClock.monotonicNanoseconds() - start >= options.lockTimeoutNanoseconds)
      lock.release()
      #expect(try arena.create(specification("hits")).created)
    }
  }

  @Test("what a killed server wrote about itself is not believed of whoever has the lock now")
  func staleHolder() throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.serve(at: path, options: options) }
      // The text is the server's still, as after kill -9.
      let text = try String(contentsOfFile: "\(path)/lock", encoding: .utf8)
      #expect(text.contains("serving"))
      let directory = try FileDescriptor.directory(at: path)
      let writer = try directory.file(named: "lock", writable: true)
      // A writer that has the lock, and has not come to write its name.
      #expect(clinux_ofd_lock(writer.number, Int16(F_WRLCK), 0, 1) == 0)
      #expect {
        try Arena.serve(at: path, options: options)
      } throws: { error in
        guard case ArenaError.directoryBusy = error else { return false }
        return true
      }
      #expect(clinux_ofd_lock(writer.number, Int16(F_UNLCK), 0, 1) == 0)
      #expect(try Arena.serve(at: path, options: options).adopted)
    }
  }

  @Test("an arena of an earlier boot is replaced, with a new identity and a higher epoch")
  func otherBoot() throws {
    try withTemporaryArenaPath { path in
      let bootFile = "\(path).boot"
      try "11111111-2222-3333-4444-555555555555\n".write(
        toFile: bootFile, atomically: true, encoding: .utf8)
      var options = options
      options.bootIdentifierPath = bootFile
      var old: (uuid: UInt64, epoch: UInt64) = (0, 0)
      do {
        let arena = try Arena.serve(at: path, options: options).arena
        _ = try arena.create(specification("hits"))
        old = (arena.uuid.0, arena.bootEpoch)
      }
      try "21111111-2222-3333-4444-555555555555\n".write(
        toFile: bootFile, atomically: true, encoding: .utf8)
      let (arena, adopted) = try Arena.serve(at: path, options: options)
      #expect(!adopted)
      #expect(arena.uuid.0 != old.uuid)
      #expect(arena.bootEpoch > old.epoch)
      #expect(arena.count == 0)
      #expect(arena.find(named: "hits") == nil)
      let entries = try FileManager.default.contentsOfDirectory(atPath: "\(path)/..")
      #expect(entries.sorted() == ["arena", "arena.boot"])
      #expect(throws: Never.self) { try arena.verifyPublished() }
    }
  }

  @Test(
    "a boot identifier that cannot be read is an error, not a guess",
    arguments: [nil, "", "1111", "g1111111-2222-3333-4444-555555555555", "\u{0}"])
  func unreadableBoot(text: String?) throws {
    try withTemporaryArenaPath { path in
      var options = options
      options.bootIdentifierPath = "\(path).boot"
      if let text {
        try text.write(toFile: options.bootIdentifierPath, atomically: true, encoding: .utf8)
      }
      #expect(throws: ArenaError.bootIdentifierUnreadable(path: options.bootIdentifierPath)) {
        try Arena.serve(at: path, options: options)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("of many that make the same arena at once, all end up in one")
  func racingCreators() throws {
    try withTemporaryArenaPath { path in
      let identities = Mutex<[UInt64]>([])
      DispatchQueue.concurrentPerform(iterations: 16) { _ in
        guard let arena = try? Arena.openOrCreate(at: path, options: options) else { return }
        identities.withLock { $0.append(arena.uuid.0) }
      }
      let found = identities.withLock { $0 }
      #expect(found.count == 16)
      #expect(Set(found).count == 1)
      let entries = try FileManager.default.contentsOfDirectory(atPath: "\(path)/..")
      #expect(entries == ["arena"])
    }
  }

  @Test("of many servers started at once, one serves and the others are told")
  func racingServers() throws {
    try withTemporaryArenaPath { path in
      let outcomes = Mutex<(served: [Arena], held: Int, other: [String])>(([], 0, []))
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        do {
          let arena = try Arena.serve(at: path, options: options).arena
          outcomes.withLock { $0.served.append(arena) }
        } catch ArenaError.directoryHeld {
          outcomes.withLock { $0.held += 1 }
        } catch {
          outcomes.withLock { $0.other.append(String(describing: error)) }
        }
      }
      outcomes.withLock {
        #expect($0.served.count == 1)
        #expect($0.held == 7)
        #expect($0.other == [])
      }
    }
  }

  @Test("the arena's files have the modes that let others in as far as they should be")
  func modes() throws {
    try withTemporaryArena { arena in
      for (name, mode) in [("dir", 0o640), ("val", 0o660), ("lock", 0o600)] {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(arena.path)/\(name)")
        #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
      }
      let own = try FileManager.default.attributesOfItem(atPath: arena.path)
      #expect((own[.posixPermissions] as? Int ?? 0o777) & 0o027 == 0)
    }
  }

  @Test("the modes do not depend on the process's umask")
  func umaskIsNoMatter() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        umask(0o077)
        _ = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        for (name, mode) in [("", 0o750), ("dir", 0o640), ("val", 0o660), ("lock", 0o600)] {
          let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
          #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
        }
      }
    }
  }

  @Test("an arena that was removed or replaced is noticed")
  func verifyPublished() throws {
    try withTemporaryArenaPath { path in
      let arena = try Arena.serve(at: path, options: options).arena
      try arena.verifyPublished()
      try FileManager.default.moveItem(atPath: path, toPath: "\(path).moved")
      #expect(throws: ArenaError.unpublished(path: path)) { try arena.verifyPublished() }
      let other = try Arena.openOrCreate(at: path, options: options)
      #expect(throws: ArenaError.unpublished(path: path)) { try arena.verifyPublished() }
      try other.verifyPublished()
      try FileManager.default.removeItem(atPath: "\(path)/dir")
      #expect(throws: ArenaError.unpublished(path: "\(path)/dir")) { try other.verifyPublished() }
    }
  }

  @Test("an attachment holds its byte of val for as long as it lasts")
  func attachment() throws {
    try withTemporaryArena { arena in
      let directory = try FileDescriptor.directory(at: arena.path)
      let values = try directory.file(named: "val", writable: true)
      func isLocked(_ byte: UInt64) -> Bool {
        clinux_ofd_find_lock(values.number, Int16(F_WRLCK), Int64(byte), 1).error == 0
      }
      _ = try arena.create(specification("hits"))
      #expect(try arena.delete(named: "hits"))
      #expect(arena.lockByte == 1 << 62)
      #expect(isLocked(arena.lockByte))
      #expect(!isLocked(arena.lockByte + 1))
      do {
        let later = try Arena.open(at: arena.path)
        #expect(later.lockByte == arena.lockByte + 1)
        #expect(isLocked(later.lockByte))
        let observer = try Arena.open(at: arena.path, access: .readOnly)
        #expect(observer.lockByte == later.lockByte)
        withExtendedLifetime((later, observer)) {}
      }
      #expect(!isLocked(arena.lockByte + 1))
    }
  }

  @Test("what a killed builder left behind is removed, a living one's work is not")
  func abandoned() throws {
    try withTemporaryArenaPath { path in
      let parent = (path as NSString).deletingLastPathComponent
      let files = FileManager.default
      for name in [".new.1.arena", ".new.2.arena", ".new.3.other", ".new.4.arena"] {
        try files.createDirectory(
          atPath: "\(parent)/\(name)", withIntermediateDirectories: false)
        _ = files.createFile(atPath: "\(parent)/\(name)/lock", contents: nil)
        _ = files.createFile(atPath: "\(parent)/\(name)/dir", contents: Data(count: 10))
        let age: TimeInterval = name == ".new.4.arena" ? 0 : 3600
        try files.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: "\(parent)/\(name)")
      }
      let living = try DirectoryLock(
        FileDescriptor.directory(at: "\(parent)/.new.2.arena")
          .file(named: "lock", writable: true))
      #expect(try living.tryAcquire(for: .writing))
      _ = try Arena.openOrCreate(at: path, options: options)
      #expect(
        try files.contentsOfDirectory(atPath: parent).sorted()
          == [".new.2.arena", ".new.3.other", ".new.4.arena", "arena"])
    }
  }
}
