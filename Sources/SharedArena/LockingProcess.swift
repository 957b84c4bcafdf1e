// SPDX-License-Identifier: Apache-2.0

/// A process that has bytes of a file locked by an open file description, as `/proc` tells.
struct LockingProcess {
  var process: ArenaAttachment.Process
  var bytes: [ClosedRange<UInt64>]

  /// All that the caller can see.
  static func all(of file: FileDescriptor.Status) -> [LockingProcess] {
    let names = (try? FileDescriptor.directory(at: "/proc").names()) ?? []
    return names.compactMap { name in
      guard let identifier = Int32(name) else { return nil }
      let bytes = lockedBytes(of: file, by: name)
      guard !bytes.isEmpty else { return nil }
      let program = (try? FileDescriptor.file(at: "/proc/\(name)/comm").read(64)) ?? []
      return LockingProcess(
        process: .init(
          identifier: identifier,
          program: String(decoding: program.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)),
        bytes: bytes)
    }
  }

  private static func lockedBytes(
    of file: FileDescriptor.Status, by process: String
  ) -> [ClosedRange<UInt64>] {
    let path = "/proc/\(process)/fdinfo"
    guard let directory = try? FileDescriptor.directory(at: path),
      let numbers = try? directory.names()
    else { return [] }
    return numbers.flatMap { number -> [ClosedRange<UInt64>] in
      guard let text = try? directory.file(named: number, writable: false).read(16_384) else {
        return []
      }
      return text.split(separator: UInt8(ascii: "\n")).compactMap { lock(in: $0, of: file) }
    }
  }

  /// The bytes in one line of a file's information, when it is about a lock on `file`:
  ///
  ///     lock:  1: OFDLCK ADVISORY READ -1 00:1a:12345 4611686018427387904 4611686018427387904
  static func lock(
    in line: some Sequence<UInt8>, of file: FileDescriptor.Status
  ) -> ClosedRange<UInt64>? {
    let words = String(decoding: Array(line), as: UTF8.self)
      .split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard words.count == 9, words[0] == "lock:", words[2] == "OFDLCK" else { return nil }
    let device = words[6].split(separator: ":")
    guard device.count == 3, UInt64(device[0], radix: 16) == file.majorDevice,
      UInt64(device[1], radix: 16) == file.minorDevice, UInt64(device[2]) == file.inode,
      let start = UInt64(words[7])
    else { return nil }
    let end = UInt64(words[8]) ?? .max
    return start <= end ? start...end : nil
  }
}

extension FileDescriptor.Status {
  // As the kernel packs a device's number for programs.
  fileprivate var majorDevice: UInt64 { device >> 8 & 0xFFF | device >> 32 & ~0xFFF }
  fileprivate var minorDevice: UInt64 { device & 0xFF | device >> 12 & ~0xFF }
}
