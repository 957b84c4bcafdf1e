// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Foundation

/// Finds the process behind a socket of this machine, and tells its processor time.
enum ServerProcess {
  /// The process that listens at `address`; nil where it is on another machine, belongs to
  /// another user, or where several listen.
  static func listening(at address: ServerAddress) -> Int32? {
    guard isLocal(address) else { return nil }
    // The kernel's tables change while they are read: what is missed once is found again. And a
    // process that starts another one has its sockets there for a moment.
    for attempt in 0..<attempts {
      if attempt > 0 { usleep(pauseMicroseconds) }
      let sockets = Set(inodes(ofListenersAt: address).map { "socket:[\($0)]" })
      if sockets.isEmpty { continue }
      let owners = processes.filter { holds($0, anyOf: sockets) }
      if owners.count == 1 { return owners[0] }
    }
    return nil
  }

  private static let attempts = 5
  private static let pauseMicroseconds: UInt32 = 20_000

  /// Whether a process of this machine listens there.
  static func isLocal(_ address: ServerAddress) -> Bool {
    switch address {
    case .unix: true
    case .tcp(let host, _), .http(let host, _), .tls(let host, _), .https(let host, _):
      // Any other name may be another machine's, whatever listens at that port here.
      host == "localhost" || host == "::1" || host.hasPrefix("127.")
    case .map: false
    }
  }

  /// A server may listen with several sockets: at IPv4 and IPv6, or one for each thread.
  private static func inodes(ofListenersAt address: ServerAddress) -> Set<String> {
    switch address {
    case .unix(let path): inodes(ofUnixSocketsAt: path)
    case .tcp(_, let port), .http(_, let port), .tls(_, let port), .https(_, let port):
      inodes(ofListenersAt: port)
    case .map: []
    }
  }

  /// Processor time of all threads of a process that live, in nanoseconds; nil: there is none, or
  /// the kernel does not count.
  static func processorTime(of process: Int32) -> UInt64? {
    guard let tasks = entries(of: "/proc/\(process)/task") else { return nil }
    var sum: UInt64 = 0
    for task in tasks {
      guard let text = contents(of: "/proc/\(process)/task/\(task)/schedstat"),
        let time = text.split(separator: " ").first.flatMap({ UInt64($0) })
      else { continue }
      sum += time
    }
    return sum > 0 ? sum : nil
  }

  /// The columns of /proc/net/tcp: number, local address, remote address, state (0A: listens), …
  /// the tenth is the inode.
  private static func inodes(ofListenersAt port: UInt16) -> Set<String> {
    let hex = String(port, radix: 16, uppercase: true)
    let ending = ":" + String(repeating: "0", count: 4 - hex.count) + hex
    var found: Set<String> = []
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
      for line in (contents(of: table) ?? "").split(separator: "\n").dropFirst() {
        let columns = line.split(separator: " ")
        guard columns.count > 9, columns[1].hasSuffix(ending), columns[3] == "0A" else { continue }
        found.insert(String(columns[9]))
      }
    }
    return found
  }

  /// The columns of /proc/net/unix: …, flags (bit 16: listens), …, the seventh is the inode, the
  /// eighth the path.
  private static func inodes(ofUnixSocketsAt path: String) -> Set<String> {
    var found: Set<String> = []
    for line in (contents(of: "/proc/net/unix") ?? "").split(separator: "\n").dropFirst() {
      let columns: [Substring] = line.split(separator: " ", maxSplits: 7)
      guard columns.count == 8, columns[3] == "00010000", columns[7] == path else { continue }
      found.insert(String(columns[6]))
    }
    return found
  }

  private static var processes: [Int32] {
    (entries(of: "/proc") ?? []).compactMap { Int32($0) }
  }

  private static func holds(_ process: Int32, anyOf sockets: Set<String>) -> Bool {
    let directory = "/proc/\(process)/fd"
    return (entries(of: directory) ?? []).contains { entry in
      let file = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "\(directory)/\(entry)")
      return file.map(sockets.contains) ?? false
    }
  }

  private static func entries(of directory: String) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: directory)
  }

  /// Names of other programs' sockets may be no UTF-8.
  private static func contents(of path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    var bytes = Data()
    // The kernel gives a table in pieces, shorter than asked for, before its end, too.
    while let piece = try? file.read(upToCount: 1 << 16), !piece.isEmpty { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }
}
