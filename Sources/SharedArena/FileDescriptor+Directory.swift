// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

// Safety: Swift passes names as bytes that end with a zero and live as long as the call.
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
