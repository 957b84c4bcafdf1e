// SPDX-License-Identifier: Apache-2.0
import Glibc

/// An arena's files at a place of this process's own; their contents are the fuzzer's.
final class ArenaFilesUnderTest: Sendable {
  let path: String
  private let boot: [UInt8]

  init() {
    let parent = "/dev/shm/atomics-fuzz-\(getpid())"
    path = "\(parent)/arena"
    // Safety: the strings live as long as the calls.
    _ = unsafe mkdir(parent, 0o700)
    _ = unsafe mkdir(path, 0o750)
    boot = Self.bootIdentifier()
    atexit {
      // Safety: as above.
      let parent = "/dev/shm/atomics-fuzz-\(getpid())"
      for name in ["dir", "val", "lock"] { _ = unsafe unlink("\(parent)/arena/\(name)") }
      _ = unsafe rmdir("\(parent)/arena")
      _ = unsafe rmdir(parent)
    }
  }

  func write(_ image: ArenaImage) {
    let files = image.files(boot: boot)
    // A server may have put another arena in this one's place.
    // Safety: the string lives as long as the call.
    _ = unsafe mkdir(path, 0o750)
    write(files.directory, to: "dir", mode: 0o640)
    write(files.values, to: "val", mode: 0o660)
    write([], to: "lock", mode: 0o600)
  }

  private func write(_ bytes: [UInt8], to name: String, mode: mode_t) {
    // Safety: the string and the array live as long as the calls.
    let file = unsafe open("\(path)/\(name)", O_RDWR | O_CREAT | O_TRUNC, mode)
    guard file >= 0 else { return }
    _ = unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
    close(file)
  }

  static func contents(of path: String, count: Int) -> [UInt8] {
    // Safety: the string and the buffer live as long as the calls.
    let file = unsafe open(path, O_RDONLY)
    defer { close(file) }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
      used = max(0, unsafe read(file, buffer.baseAddress, count))
    }
  }

  /// Two words, as an arena's header holds them.
  private static func bootIdentifier() -> [UInt8] {
    let text = contents(of: "/proc/sys/kernel/random/boot_id", count: 36)
    let digits = text.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map(UInt8.init) }
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
      digits[$0] << 4 | digits[$0 + 1]
    }
    guard bytes.count == 16 else { return [UInt8](repeating: 0, count: 16) }
    return bytes[..<8].reversed() + bytes[8...].reversed()
  }
}
