// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation

/// The plainest HTTP/1.1 client: one connection, one request at a time.
struct PlainHTTP: ~Copyable {
  private let socket: Socket
  private let host: String

  init(_ server: TestServer) throws {
    try self.init(server.address)
  }

  /// `host` is `127.0.0.1:PORT`.
  init(_ host: String) throws {
    self.host = host
    socket = try Socket.connect(
      to: try SocketAddress(host), deadline: .after(nanoseconds: 5_000_000_000))
  }

  func put(_ path: String, _ body: String) throws -> Int {
    status(of: try request("PUT", path, body))
  }

  func post(_ path: String, _ body: String) throws -> Int {
    status(of: try request("POST", path, body))
  }

  /// The body of the answer.
  func body(posting body: String, to path: String) throws -> String {
    try answer("POST", path, body).body
  }

  func answer(
    _ method: String, _ path: String, _ body: String
  ) throws -> (status: Int, body: String) {
    let answer = try request(method, path, body)
    let end = answer.range(of: "\r\n\r\n")?.upperBound
    return (status(of: answer), end.map { String(answer[$0...]) } ?? "")
  }

  /// Sends `text` as it is and returns what comes back: a head and its whole body.
  func send(raw text: String) throws -> String {
    let deadline = Deadline.after(nanoseconds: 5_000_000_000)
    try socket.sendAll(Array(text.utf8).span, deadline: deadline)
    var received: [UInt8] = []
    while true {
      let text = String(decoding: received, as: UTF8.self)
      if let head = text.range(of: "\r\n\r\n") {
        let length = text[..<head.lowerBound].lowercased().split(separator: "\r\n")
          .first { $0.hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        if text[head.upperBound...].utf8.count >= length ?? 0 { return text }
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = try socket.receive(into: &buffer, at: 0, deadline: deadline)
      if count == 0 { return text }
      received += buffer[..<count]
    }
  }

  private func request(_ method: String, _ path: String, _ body: String) throws -> String {
    try send(
      raw: "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(body.utf8.count)\r\n"
        + "Content-Type: application/json\r\n\r\n\(body)")
  }

  private func status(of response: String) -> Int {
    Int(response.split(separator: " ").dropFirst().first ?? "") ?? 0
  }
}
