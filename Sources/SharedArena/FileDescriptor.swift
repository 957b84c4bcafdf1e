// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// An open file or directory, closed with the value. Opened without following links, and closed by
/// the kernel on exec.
///
/// Safety of the calls that take a name: Swift passes strings as bytes that end with a zero and live
/// as long as the call.
struct FileDescriptor: ~Copyable {
  let number: Int32
  /// For error messages only: the file may have been moved since.
  let path: String

  private init(number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  deinit {
    close(number)
  }

  /// What `fstat` tells, as far as it matters here.
  struct Status: Equatable {
    var device: UInt64
    var inode: UInt64
    var mode: UInt32
    var owner: UInt32
    var byteCount: Int
    var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }
    var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
    var modifiedUnixSeconds: Int

    fileprivate init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      mode = status.st_mode
      owner = status.st_uid
      byteCount = Int(status.st_size)
      modifiedUnixSeconds = Int(status.st_mtim.tv_sec)
    }

    func isSameFile(as other: Status) -> Bool { device == other.device && inode == other.inode }
  }
}

// MARK: - Opening

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
    guard fchmod(file.number, mode) == 0 else {
      throw .systemCall("fchmod", path: file.path, code: errno)
    }
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
  fileprivate static func opening(_ path: String, code: Int32) -> ArenaError {
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

// MARK: - Directories

extension FileDescriptor {
  /// Creates the directory `path`, unless somebody else just did.
  static func createDirectory(at path: String, mode: UInt32) throws(ArenaError) {
    if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
    throw ArenaError.opening(path, code: errno)
  }

  /// Creates a directory in this one. False when something of that name exists.
  func createDirectory(named name: String, mode: UInt32) throws(ArenaError) -> Bool {
    if unsafe mkdirat(number, name, mode) == 0 { return true }
    guard errno == EEXIST else {
      throw .systemCall("mkdirat", path: "\(path)/\(name)", code: errno)
    }
    return false
  }

  /// Renames within this directory. False when `new` exists already.
  func rename(_ old: String, toNew new: String) throws(ArenaError) -> Bool {
    let result = unsafe clinux_renameat2(number, old, number, new, UInt32(clinux_rename_noreplace))
    if result == -EEXIST { return false }
    guard result == 0 else {
      throw .systemCall("renameat2", path: "\(path)/\(new)", code: -result)
    }
    return true
  }

  /// Lets two names of this directory change places at one instant.
  func exchange(_ one: String, with other: String) throws(ArenaError) {
    let result = unsafe clinux_renameat2(
      number, one, number, other, UInt32(clinux_rename_exchange))
    guard result == 0 else {
      throw .systemCall("renameat2", path: "\(path)/\(other)", code: -result)
    }
  }

  /// Removes `name` from this directory, if it is there.
  func remove(_ name: String, isDirectory: Bool = false) {
    _ = unsafe unlinkat(number, name, isDirectory ? AT_REMOVEDIR : 0)
  }

  /// The names in this directory, without `.` and `..`.
  func names() throws(ArenaError) -> [String] {
    let copy = unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw ArenaError.opening(path, code: errno) }
    // Safety: `fdopendir` takes the descriptor over; `closedir` ends both.
    guard let stream = unsafe fdopendir(copy) else {
      close(copy)
      throw .systemCall("fdopendir", path: path, code: errno)
    }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    // Safety: the entry is valid until the next `readdir`, and its name ends with a zero.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}

// MARK: - Contents

extension FileDescriptor {
  func status() throws(ArenaError) -> Status {
    var status = stat()
    // Safety: `status` outlives the call.
    guard unsafe fstat(number, &status) == 0 else {
      throw .systemCall("fstat", path: path, code: errno)
    }
    return Status(status)
  }

  /// The status of the file at `path`; nil: not there.
  static func status(at path: String) throws(ArenaError) -> Status? {
    var status = stat()
    // Safety: `status` outlives the call.
    if unsafe lstat(path, &status) == 0 { return Status(status) }
    guard errno == ENOENT else { throw .systemCall("lstat", path: path, code: errno) }
    return nil
  }

  /// The status of `name` in this directory, not of what a link there points to; nil: not there.
  func status(of name: String) throws(ArenaError) -> Status? {
    var status = stat()
    // Safety: `status` outlives the call.
    if unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return Status(status) }
    guard errno == ENOENT else {
      throw .systemCall("fstatat", path: "\(path)/\(name)", code: errno)
    }
    return nil
  }

  func checkIsOnTmpfs() throws(ArenaError) {
    let magic = clinux_filesystem_magic(number)
    guard magic == Int64(clinux_tmpfs_magic) else { throw .notTmpfs(path: path) }
  }

  func setLength(_ byteCount: Int) throws(ArenaError) {
    guard ftruncate(number, byteCount) == 0 else {
      throw .systemCall("ftruncate", path: path, code: errno)
    }
  }

  /// Makes the pages of a range exist, so that touching them can neither fail nor fault.
  func allocate(_ range: Range<Int>) throws(ArenaError) {
    let result =
      MemoryFault.isFull
      ? -ENOSPC
      : clinux_fallocate(
        number, Int32(clinux_fallocate_keep_size), Int64(range.lowerBound), Int64(range.count))
    if result == -ENOSPC || result == -ENOMEM {
      throw .fileSystemFull(path: path, byteCount: range.count)
    }
    guard result == 0 else { throw .systemCall("fallocate", path: path, code: -result) }
  }

  /// Gives the pages of a range back; it reads as zeros once it is allocated again.
  func punchHole(_ range: Range<Int>) throws(ArenaError) {
    let mode = clinux_fallocate_keep_size | clinux_fallocate_punch_hole
    let result = clinux_fallocate(
      number, Int32(mode), Int64(range.lowerBound), Int64(range.count))
    guard result == 0 else { throw .systemCall("fallocate", path: path, code: -result) }
  }

  /// Up to `limit` bytes from `offset`; fewer at the end of the file.
  func read(_ limit: Int, at offset: Int = 0) throws(ArenaError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      // Safety: `buffer` has room for `limit` bytes; `pread` says how many it wrote.
      let result = unsafe pread(number, buffer.baseAddress, limit, offset)
      if result < 0 { failure = errno }
      count = max(0, result)
    }
    guard failure == 0 else { throw .systemCall("pread", path: path, code: failure) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int = 0) throws(ArenaError) {
    // Safety: the array outlives the call.
    let written = unsafe bytes.withUnsafeBytes {
      unsafe pwrite(number, $0.baseAddress, $0.count, offset)
    }
    guard written == bytes.count else {
      throw written < 0
        ? .systemCall("pwrite", path: path, code: errno)
        : .fileSystemFull(path: path, byteCount: bytes.count)
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
