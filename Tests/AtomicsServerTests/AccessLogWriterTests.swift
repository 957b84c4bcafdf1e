// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
import Glibc
import HTTPMessage
import Logging
import TestSupport
import Testing

@testable import AtomicsServer

/// Where the lines of the access log go, and what becomes of those that cannot go there.
@Suite struct AccessLogWriterTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  /// - Parameter path: Of the target, so that lines can be told apart.
  private func note(_ path: String, in log: AccessLog) {
    log.note(
      HTTPRequest(method: .get, target: Array(path.utf8)), from: "test", who: nil, status: 200,
      bodyBytes: 0, problem: nil, began: Deadline.now.nanoseconds)
  }

  @Test("a file that was renamed is made anew when the log is opened again")
  func reopened() throws {
    try withDirectory { directory in
      let path = "\(directory)/access.log"
      let log = try AccessLog(
        AccessLogConfiguration(.file(path: path)), Logger(label: "test"))
      try log.start()
      defer { log.finish() }
      note("/old", in: log)
      try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
      log.reopen()
      try reach("the new file") { FileManager.default.fileExists(atPath: path) }
      note("/new", in: log)
      // What cannot be opened leaves it as it was.
      try FileManager.default.moveItem(atPath: path, toPath: path + ".2")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      log.reopen()
      note("/newer", in: log)
      log.finish()
      func targets(_ path: String) throws -> [String] {
        try LogLine.lines(of: String(contentsOfFile: path, encoding: .utf8)).compactMap(\.target)
      }
      #expect(try targets(path + ".1") == ["/old"])
      #expect(try targets(path + ".2") == ["/new", "/newer"])
      var status = stat()
      // Safety: `status` outlives the call.
      #expect(unsafe stat(path + ".1", &status) == 0 && status.st_mode & 0o7777 & ~0o640 == 0)
    }
  }

  @Test("a reader that reads nothing makes lines be lost, and nobody wait")
  func stuck() throws {
    try withDirectory { directory in
      let path = "\(directory)/pipe"
      #expect(unsafe mkfifo(path, 0o600) == 0)
      // Nobody reads a pipe: it cannot be opened.
      #expect(throws: EventLoopError.self) { _ = try AppendFile(path: path) }
      let reader = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      defer { close(reader) }
      var configuration = AccessLogConfiguration(.file(path: path))
      configuration.linesPerSecond = .max
      configuration.bufferBytes = 100_000
      let log = try AccessLog(configuration, Logger(label: "test"))
      try log.start()
      defer { log.finish() }
      // More than the pipe, what is being written, and the buffer have room for.
      let count = 10_000
      for number in 0..<count { note("/\(number)", in: log) }
      var text: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 65_536)
      func lines() throws -> [LogLine] {
        let end = text.lastIndex(of: UInt8(ascii: "\n")) ?? 0
        return try LogLine.lines(of: String(decoding: text[..<end], as: UTF8.self))
      }
      var requests = 0
      var lost = 0
      try reach("every line, there or told") {
        // Safety: `piece` outlives the call.
        let got = unsafe read(reader, &piece, piece.count)
        guard got > 0 else { return false }
        text += piece[..<got]
        let all = try lines()
        requests = all.count { $0.target != nil }
        lost = all.compactMap { $0.members["over_size"] as? Int }.reduce(0, +)
        return requests + lost == count
      }
      #expect(lost > 0 && requests >= 100)
      // In order, and none of them cut.
      let numbers = try lines().compactMap(\.target).compactMap { Int($0.dropFirst()) }
      #expect(numbers.count == requests && numbers == numbers.sorted())
    }
  }

  @Test("lines that the disk refuses are counted, and told once it takes some")
  func full() throws {
    try withDirectory { directory in
      // Each write to it fails as on a full disk.
      let path = "\(directory)/log"
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "/dev/full")
      let log = try AccessLog(AccessLogConfiguration(.file(path: path)), Logger(label: "test"))
      try log.start()
      defer { log.finish() }
      for _ in 0..<5 { note("/lost", in: log) }
      // Written before the file is opened again.
      log.reopen()
      try FileManager.default.removeItem(atPath: path)
      log.reopen()
      try reach("the file") { FileManager.default.fileExists(atPath: path) }
      note("/kept", in: log)
      log.finish()
      let logged = try LogLine.lines(of: String(contentsOfFile: path, encoding: .utf8))
      #expect(logged.compactMap(\.target) == ["/kept"])
      #expect(logged.compactMap { $0.members["failed"] as? Int }.reduce(0, +) == 5)
    }
  }

  @Test("there is no log where its file cannot be opened")
  func wrongPath() {
    for path in ["/no/such/directory/log", "/tmp"] {
      #expect(throws: EventLoopError.self) {
        try AccessLog(AccessLogConfiguration(.file(path: path)), Logger(label: "test"))
      }
    }
  }

  /// Waits until `condition` is true.
  private func reach(_ what: String, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(20)
    while try !condition() {
      guard ContinuousClock.now < end else { throw NotReached(what: what) }
      sched_yield()
    }
  }

  private struct NotReached: Error {
    let what: String
  }
}
