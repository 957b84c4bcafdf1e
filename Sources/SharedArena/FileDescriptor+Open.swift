// SPDX-License-Identifier: Apache-2.0

// CLinux's headers are the first to show some of the C library's structures to the compiler.
import CLinux
import Glibc

// Safety: Swift passes names as bytes that end with a zero and live as long as the call.
extension FileDescriptor {
  /// The directory at `path`, whose last component is not a symbolic link.
  static func directory(at path: String) throws(ArenaError) -> FileDescriptor {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    let number = retrying { unsafe Glibc.open(path, flags) }
    guard number >= 0 else {
      let code = errno
      // The kernel calls a link that it must not follow "not a directory".
      let isLink = code == ENOTDIR && (try? status(at: path))?.isSymbolicLink == true
      throw ArenaError.opening(path, code: isLink ? ELOOP : code)
    }
    return FileDescriptor(number: number, path: path)
  }

  /// The file at `path`, for reading.
  static func file(at path: String) throws(ArenaError) -> FileDescriptor {
    let number = retrying { unsafe Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
    guard number >= 0 else { throw ArenaError.opening(path, code: errno) }
    return FileDescriptor(number: number, path: path)
  }

  /// The directory `name` in this one.
  func directory(named name: String) throws(ArenaError) -> FileDescriptor {
    do {
      return try open(name, flags: O_RDONLY | O_DIRECTORY)
    } catch .unsafePath(let path, .notADirectory) {
      let isLink = try status(of: name)?.isSymbolicLink == true
      throw .unsafePath(path: path, isLink ? .symbolicLink : .notADirectory)
    }
  }

  /// The file `name` in this directory.
  func file(named name: String, writable: Bool) throws(ArenaError) -> FileDescriptor {
    // Not blocking, so that a pipe in the file's place is an error and not a wait.
    try open(name, flags: (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY)
  }

  /// A new file in this directory with exactly `mode`, open for reading and writing.
  func createFile(named name: String, mode: UInt32) throws(ArenaError) -> FileDescriptor {
    let file = try open(name, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    try file.setMode(mode)
    return file
  }

  private func open(_ name: String, flags: Int32, mode: UInt32 = 0) throws(ArenaError)
    -> FileDescriptor
  {
    let number = retrying { unsafe openat(self.number, name, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
    guard number >= 0 else { throw ArenaError.opening("\(path)/\(name)", code: errno) }
    return FileDescriptor(number: number, path: "\(path)/\(name)")
  }
}

extension ArenaError {
  static func opening(_ path: String, code: Int32) -> ArenaError {
    switch code {
    case ENOENT: .notFound(path: path)
    case EACCES, EPERM: .permissionDenied(path: path)
    case ELOOP: .unsafePath(path: path, .symbolicLink)
    case ENOTDIR: .unsafePath(path: path, .notADirectory)
    case ENXIO: .unsafePath(path: path, .notARegularFile)
    default: .systemCall("open", path: path, code: code)
    }
  }
}

/// Repeats a call that a signal interrupted.
private func retrying(_ call: () -> Int32) -> Int32 {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
