// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Foundation

/// Finds the process behind a socket of this machine, and tells its processor time.
enum ServerProcess {
  /// The process that listens at `address`; nil where it is on another machine, belongs to
  /// another user, or where several listen.
  static func listening(at address: ServerAddress) -> Int32? {
    let socket: String?
    switch address {
    case .unix(let path): socket = inode(ofUnixSocketAt: path)
    case .tcp(let host, let port), .http(let host, let port), .tls(let host, let port),
      .https(let host, let port):
      // Any other name may be another machine's, whatever listens at that port here.
      let isLocal = host == "localhost" || host == "::1" || host.hasPrefix("127.")
      socket = isLocal ? inode(ofListenerAt: port) : nil
    case .map: socket = nil
    }
    guard let socket else { return nil }
    let owners = processes.filter { holds($0, "socket:[\(socket)]") }
    return owners.count == 1 ? owners[0] : nil
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
  private static func inode(ofListenerAt port: UInt16) -> String? {
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
    return found.count == 1 ? found.first : nil
  }

  /// The columns of /proc/net/unix: …, flags (bit 16: listens), …, the seventh is the inode, the
  /// eighth the path.
  private static func inode(ofUnixSocketAt path: String) -> String? {
    var found: [String] = []
    for line in (contents(of: "/proc/net/unix") ?? "").split(separator: "\n").dropFirst() {
      let columns: [Substring] = line.split(separator: " ", maxSplits: 7)
      guard columns.count == 8, columns[3] == "00010000", columns[7] == path else { continue }
      found.append(String(columns[6]))
    }
    return found.count == 1 ? found[0] : nil
  }

  private static var processes: [Int32] {
    (entries(of: "/proc") ?? []).compactMap { Int32($0) }
  }

  private static func holds(_ process: Int32, _ socket: String) -> Bool {
    let directory = "/proc/\(process)/fd"
    return (entries(of: directory) ?? []).contains {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")) == socket
    }
  }

  private static func entries(of directory: String) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: directory)
  }

  /// Names of other programs' sockets may be no UTF-8.
  private static func contents(of path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
