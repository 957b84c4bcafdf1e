// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file, a pipe or a terminal that whole lines are added to.
///
/// Each write begins at the file's end as it is then, so that others may write to it too, or cut
/// it. A pipe takes lines in pieces that it does not mix with those of others.
public struct AppendFile: ~Copyable {
  private let descriptor: Int32
  /// Of the rest it is known only by asking whether they take something now.
  private let isRegular: Bool

  /// Opens the file, and makes it where there is none: its owner writes it, its group reads it.
  ///
  /// - Throws: ``EventLoopError/systemCall(name:errno:)``. A named pipe that nobody reads is one.
  public init(path: String) throws(EventLoopError) {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    // Safety: the path is a NUL-terminated string for the length of the call.
    let descriptor = unsafe open(path, flags, 0o640)
    guard descriptor >= 0 else { throw .systemCall(name: "open \(path)", errno: errno) }
    self.init(owning: descriptor)
  }

  /// The process's standard error, by a descriptor of its own.
  public init(standardError: ()) throws(EventLoopError) {
    let descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw .systemCall(name: "fcntl", errno: errno) }
    self.init(owning: descriptor)
  }

  private init(owning descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    // Safety: `status` outlives the call.
    isRegular = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  deinit { close(descriptor) }

  /// Adds `lines`, each with its end.
  ///
  /// - Parameters:
  ///   - deadline: For what is no regular file: when to give up on one that takes nothing. A disk
  ///     is waited for as long as it takes.
  ///   - written: Becomes how many bytes were added; fewer than all where the time was up, and what
  ///     was added before where it throws.
  /// - Throws: ``EventLoopError/systemCall(name:errno:)``.
  public func append(
    _ lines: Span<UInt8>, until deadline: Deadline, written: inout Int
  ) throws(EventLoopError) {
    written = 0
    while written < lines.count {
      let rest = lines.extracting(written...)
      guard isRegular || takesSomething(until: deadline) else { return }
      let count = isRegular ? rest.count : Self.pieceLength(of: rest)
      // Safety: the buffer is valid for the length of the closure.
      let result = unsafe rest.extracting(..<count).withUnsafeBytes {
        unsafe write(descriptor, $0.baseAddress, $0.count)
      }
      if result >= 0 {
        written &+= result
      } else if errno != EINTR && errno != EAGAIN {
        throw .systemCall(name: "write", errno: errno)
      }
    }
  }

  /// Whole lines up to what a pipe takes at once or not at all (PIPE_BUF), one line at least.
  private static func pieceLength(of lines: Span<UInt8>) -> Int {
    let limit = 4096
    guard lines.count > limit else { return lines.count }
    var end = limit
    while end > 0, lines[end &- 1] != UInt8(ascii: "\n") { end &-= 1 }
    return end > 0 ? end : limit
  }

  /// Whether a write would not wait now, or came not to before `deadline`.
  private func takesSomething(until deadline: Deadline) -> Bool {
    while true {
      var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      // Safety: one structure, which outlives the call.
      let ready = unsafe Glibc.poll(&poll, 1, deadline.pollTimeout(from: .now))
      // Also where it is broken: the write tells how.
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return false }
    }
  }
}
