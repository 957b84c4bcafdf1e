// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The right to write an arena's directory: a write lock on the first byte of the file `lock`.
///
/// Who holds it for life locks the second byte too: that, and not the text in the file, tells a
/// server from a writer that will soon be done. The locks belong to this open file, which children
/// of a fork do not share, so the kernel frees them when their holder dies, however it dies. Who
/// holds them stands in the file, for error messages only.
struct DirectoryLock: ~Copyable {
  enum Purpose: String {
    /// One create or delete.
    case writing
    /// A server's whole life.
    case serving
  }

  static let fileName = "lock"
  private static let writerByte: Int64 = 0
  private static let serverByte: Int64 = 1
  private let file: FileDescriptor

  init(_ file: consuming FileDescriptor) throws(ArenaError) {
    let result = clinux_keep_from_children(file.number)
    guard result == 0 else { throw .systemCall("pthread_atfork", path: file.path, code: -result) }
    self.file = file
  }

  deinit {
    // Unlocked first: a child of a fork between the next two steps would keep what is locked.
    release()
    clinux_share_with_children(file.number)
  }

  /// Takes the lock if it is free.
  func tryAcquire(for purpose: Purpose) throws(ArenaError) -> Bool {
    guard try file.lock(F_WRLCK, from: Self.writerByte) else { return false }
    do throws(ArenaError) {
      try file.write(Holder.current(purpose).encoded)
      // After the text, so that whoever finds this byte locked reads who did it.
      if purpose == .serving { _ = try file.lock(F_WRLCK, from: Self.serverByte) }
    } catch {
      release()
      throw error
    }
    return true
  }

  /// Takes the lock, waiting for writers up to `timeout`, and for servers not at all.
  ///
  /// - Throws: `directoryHeld` when a server has it, `directoryBusy` when the time is up.
  func acquire(
    for purpose: Purpose, timeoutNanoseconds: UInt64, socketPath: String
  ) throws(ArenaError) {
    let deadline = SystemClock.deadline(afterNanoseconds: timeoutNanoseconds)
    var pause = 20_000
    while try !tryAcquire(for: purpose) {
      let isServed = try file.foreignLock(from: Self.serverByte) != nil
      let isLate = SystemClock.monotonicNanoseconds() >= deadline
      if isServed || isLate {
        let holder = try Holder(decoding: file.read(Holder.byteCount))
        let (process, program) = (holder?.process ?? 0, holder?.program ?? "a process")
        throw isServed
          ? .directoryHeld(process: process, program: program, socket: socketPath)
          : .directoryBusy(process: process, program: program)
      }
      SystemClock.pause(nanoseconds: pause)
      pause = min(pause * 2, 2_000_000)
    }
  }

  func release() {
    file.unlock(from: Self.writerByte, length: 2)
  }
}

/// What the file `lock` says about its holder: three lines, padded with spaces to a fixed length so
/// that one write replaces all of it.
private struct Holder {
  static let byteCount = 128

  var process: Int32
  var program: String
  var purpose: DirectoryLock.Purpose

  static func current(_ purpose: DirectoryLock.Purpose) -> Holder {
    let command = CommandLine.arguments.first ?? ""
    let name = command.split(separator: "/").last.map(String.init) ?? "unknown"
    let printable = name.utf8.prefix(64).map { (0x21...0x7E).contains($0) ? $0 : 0x3F }
    return Holder(
      process: getpid(), program: String(decoding: printable, as: UTF8.self), purpose: purpose)
  }

  var encoded: [UInt8] {
    var bytes = Array("\(process)\n\(program)\n\(purpose.rawValue)\n".utf8)
    bytes.append(contentsOf: repeatElement(0x20, count: max(0, Self.byteCount - 1 - bytes.count)))
    bytes.append(0x0A)
    return bytes
  }

  init(process: Int32, program: String, purpose: DirectoryLock.Purpose) {
    self.process = process
    self.program = program
    self.purpose = purpose
  }

  /// Nil where the bytes say nothing: an empty file, a stranger's text.
  init?(decoding bytes: [UInt8]) {
    let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    guard lines.count >= 3, let process = Int32(lines[0]),
      let purpose = DirectoryLock.Purpose(rawValue: lines[2])
    else { return nil }
    self.init(process: process, program: lines[1], purpose: purpose)
  }
}
