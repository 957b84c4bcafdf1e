// SPDX-License-Identifier: Apache-2.0

/// What a person who started the server reads: where it is and what to try.
///
/// Each address stands on a line of its own after `listening on`, for scripts.
struct Announcement {
  /// As bound: `HOST:PORT` and `unix:PATH`.
  var addresses: [String]
  var arenaPath: String
  /// Where the registers in it came from.
  var origin: String
  /// The path that this program was started by.
  var program: String
  /// The server's certificate; nil: nothing is encrypted.
  var certificatePath: String?
  /// Whether clients that speak TLS must show a certificate of their own.
  var asksForCertificate = false
  /// Whether who comes over TCP has to say who they are.
  var wantsToken = false

  var text: String {
    let url = "\(base)/v1/registers/hits"
    let commands = [
      "\(curl) -X PUT \(url) -d '{\"type\":\"u64\"}'",
      "\(curl) \(http2) -X POST \(url)/inc",
      "\(client)\(serverFlag) inc hits",
    ]
    let lines =
      addresses.map { "listening on \($0)" }
      + ["arena \(arenaPath) (\(origin))", "try:"]
      + commands.map { "  \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The first TCP address, of those that take plain bytes if there are any.
  private var tcp: String? {
    let all = addresses.filter { !$0.hasPrefix("unix:") }
    return all.first { $0.hasPrefix("127.") || $0.hasPrefix("[::1]") } ?? all.first
  }

  /// Where the examples go only through TLS.
  private var encryptedFor: String? {
    guard let certificatePath, let tcp, !tcp.hasPrefix("127."), !tcp.hasPrefix("[::1]") else {
      return nil
    }
    return certificatePath
  }

  private var http2: String { encryptedFor == nil ? "--http2-prior-knowledge" : "--http2" }

  private var socketPath: String? {
    addresses.first { $0.hasPrefix("unix:") }.map { String($0.dropFirst("unix:".count)) }
  }

  private var base: String {
    encryptedFor == nil ? "http://\(tcp ?? "localhost")" : "https://\(tcp ?? "")"
  }

  private var curl: String {
    if tcp == nil, let socketPath { return "curl --unix-socket \(Self.quoted(socketPath))" }
    // By way of standard input: any user of the machine reads the arguments of others' programs.
    let program =
      wantsToken
      ? #"sed 's/^/Authorization: Bearer /' "$ATOMICS_TOKEN_FILE" | curl -H @-"# : "curl"
    guard let certificate = encryptedFor else { return program }
    let own = asksForCertificate ? " --cert YOURS.pem --key YOURS.key" : ""
    return "\(program) --cacert \(Self.quoted(certificate))\(own)"
  }

  /// The client beside this program, or on the path as this one was.
  private var client: String {
    guard let slash = program.lastIndex(of: "/") else { return "atomics-client" }
    return Self.quoted(program[...slash] + "atomics-client")
  }

  /// Nothing where the client finds the server by itself.
  private var serverFlag: String {
    if encryptedFor != nil { return " --server " + Self.quoted("shm:\(arenaPath)") }
    if let tcp { return tcp == "127.0.0.1:7070" ? "" : " --server atr://\(tcp)" }
    return socketPath.map { " --server " + Self.quoted("unix:\($0)") } ?? ""
  }

  /// As a shell takes it for one word.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-:@+,".utf8.contains(byte)
      }
    }
    return isPlain ? text : "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
  }
}
