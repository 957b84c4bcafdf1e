// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The right to write an arena's directory: a write lock on the first byte of the file `lock`.
///
/// The lock belongs to this open file, so the kernel frees it when its holder dies, however it dies.
/// Who holds it stands in the file, for error messages only.
struct DirectoryLock: ~Copyable {
  enum Purpose: String {
    /// One create or delete.
    case writing
    /// A server's whole life.
    case serving
  }

  static let fileName = "lock"
  private let file: FileDescriptor

  init(_ file: consuming FileDescriptor) {
    self.file = file
  }

  var status: FileDescriptor.Status {
    get throws(ArenaError) { try file.status() }
  }

  /// Takes the lock if it is free.
  func tryAcquire(for purpose: Purpose) throws(ArenaError) -> Bool {
    let result = clinux_ofd_lock(file.number, Int16(F_WRLCK), 0, 1)
    if result == -EAGAIN { return false }
    guard result == 0 else { throw .systemCall("fcntl", path: file.path, code: -result) }
    try file.write(Holder.current(purpose).encoded)
    return true
  }

  /// Takes the lock, waiting for writers up to `timeout`, and for servers not at all.
  ///
  /// - Throws: `directoryHeld` when a server has it, `directoryBusy` when the time is up.
  func acquire(
    for purpose: Purpose, timeoutNanoseconds: UInt64, socketPath: String
  ) throws(ArenaError) {
    let (sum, overflow) = SystemClock.monotonicNanoseconds()
      .addingReportingOverflow(timeoutNanoseconds)
    let deadline = overflow ? UInt64.max : sum
    var pause = 20_000
    var server: Holder?
    while try !tryAcquire(for: purpose) {
      let holder = try Holder(decoding: file.read(Holder.byteCount))
      // A writer that has the lock for microseconds has not written its name yet, and a killed
      // server's is still there: believe in a server that is seen twice.
      if let holder, holder.purpose == .serving {
        if holder == server {
          throw .directoryHeld(
            process: holder.process, program: holder.program, socket: socketPath)
        }
        pause = 1_000_000
      }
      server = holder
      if SystemClock.monotonicNanoseconds() >= deadline {
        throw .directoryBusy(process: holder?.process ?? 0, program: holder?.program ?? "a process")
      }
      SystemClock.pause(nanoseconds: pause)
      pause = min(pause * 2, 2_000_000)
    }
  }

  func release() {
    _ = clinux_ofd_lock(file.number, Int16(F_UNLCK), 0, 1)
  }
}

/// What the file `lock` says about its holder: three lines, padded with spaces to a fixed length so
/// that one write replaces all of it.
private struct Holder: Equatable {
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
