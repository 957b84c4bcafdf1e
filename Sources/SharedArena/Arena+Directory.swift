// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

extension Arena {
  /// Makes a register, or finds the one that has this name and type.
  ///
  /// - Returns: A handle, and whether the register is new; of an old one nothing is changed.
  /// - Throws: `typeMismatch` when the name has another type; `invalidName`, `invalidLabel`,
  ///   `initialValueOutOfRange`; `capacityReached`, `indexSpaceUsed` and `fileSystemFull` when
  ///   there is no room; `directoryHeld`, `directoryDenied` when a server does this for others;
  ///   `directoryBusy`, `unpublished`, `readOnly`, `openedBeforeFork`.
  /// - Complexity: O(1) expected; now and then the index is rebuilt, O(registers). Waits for other
  ///   writers up to the lock timeout.
  public func create(
    _ specification: RegisterSpecification
  ) throws(ArenaError) -> (handle: RegisterHandle, created: Bool) {
    try specification.check()
    if let existing = find(specification.name.utf8.span) {
      guard existing.type == specification.type else {
        throw .typeMismatch(existing: existing.type)
      }
      return (existing, false)
    }
    return try withDirectory { writer throws(ArenaError) in try writer.create(specification) }
  }

  /// Removes a register. It has no final value: operations that race with this still run, on a cell
  /// that belongs to nobody.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: As `create(_:)`, as far as it applies.
  public func delete(_ name: Span<UInt8>) throws(ArenaError) -> Bool {
    do { try RegisterName.check(name) } catch { throw .invalidName(error) }
    guard find(name) != nil else { return false }
    // A span cannot be captured by the closure.
    let bytes = (0..<name.count).map { name[$0] }
    return try withDirectory { writer throws(ArenaError) in try writer.delete(bytes.span) }
  }

  /// Keeps the register's slot and cell out of reuse for ever, also after its deletion: programs
  /// that map the cell without an attachment then never change a foreign register.
  ///
  /// - Returns: Whether there is a register of this name.
  /// - Throws: As `create(_:)`, as far as it applies.
  public func pin(named name: String) throws(ArenaError) -> Bool {
    do { try RegisterName.check(name.utf8.span) } catch { throw .invalidName(error) }
    guard find(named: name) != nil else { return false }
    return try withDirectory { writer throws(ArenaError) in try writer.pin(name.utf8.span) }
  }

  /// Removes a register; as `delete(_:)`.
  public func delete(named name: String) throws(ArenaError) -> Bool {
    try delete(name.utf8.span)
  }

  /// Checks that the paths still lead to this arena's files.
  ///
  /// - Throws: `unpublished` when somebody removed or replaced them.
  public func verifyPublished() throws(ArenaError) {
    let own = try arenaDirectory.status()
    guard let found = try FileDescriptor.status(at: path), found.isSameFile(as: own) else {
      throw .unpublished(path: path)
    }
    for (name, expected) in publishedFiles {
      guard let found = try arenaDirectory.status(of: name), found.isSameFile(as: expected) else {
        throw .unpublished(path: "\(path)/\(name)")
      }
    }
  }

  /// Runs `body` as the directory's one writer, among the processes and in this one.
  func withDirectory<Result: Sendable>(
    _ body: (DirectoryWriter) throws(ArenaError) -> Result
  ) throws(ArenaError) -> Result {
    guard isWritable else { throw .readOnly }
    guard getpid() == process else { throw .openedBeforeFork }
    return try writing.withLock { (writer: inout DirectoryWriter?) throws(ArenaError) in
      let current: DirectoryWriter
      if let writer {
        current = writer
      } else {
        current = try makeWriter(lock: openLock(), forLife: false)
      }
      writer = current
      quiesceWhenDue()
      if current.holdsForLife { return try body(current) }
      try current.lock.acquire(
        for: .writing, timeoutNanoseconds: options.lockTimeoutNanoseconds, socketPath: socketPath)
      defer { current.lock.release() }
      try verifyPublished()
      // Who serves the arena repairs this. Who does not has no guard, and leaves it alone.
      try current.directoryFile.checkLength(directory.header.directoryLength)
      try current.valuesFile.checkLength(directory.header.valuesLength)
      try current.recover()
      return try body(current)
    }
  }

  /// Keeps a lock that was taken, and repairs what its last holder left.
  func hold(_ lock: consuming DirectoryLock) throws(ArenaError) {
    let current = try makeWriter(lock: lock, forLife: true)
    try current.recover()
    try current.punchFreePlaces()
    writing.withLock { $0 = current }
  }

  private func openLock() throws(ArenaError) -> DirectoryLock {
    do {
      return try DirectoryLock(arenaDirectory.file(named: ArenaFiles.lock, writable: true))
    } catch .permissionDenied {
      throw .directoryDenied(socket: socketPath)
    }
  }

  private func makeWriter(
    lock: consuming DirectoryLock, forLife: Bool
  ) throws(ArenaError) -> DirectoryWriter {
    try DirectoryWriter(
      arenaDirectory: arenaDirectory, header: directory.header, cells: values, lock: lock,
      holdsForLife: forLife)
  }
}
