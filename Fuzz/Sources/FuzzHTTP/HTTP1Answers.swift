// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import JSONText

@testable import AtomicsServer

/// What a server has said over HTTP/1, read as a client reads it (RFC 9112).
struct HTTP1Answers {
  private struct Answer {
    var status: Int
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var closes: Bool {
      fields.contains { $0.name == "connection" && $0.value.lowercased() == "close" }
    }

    func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
  }

  private var requests: [Asked]
  private var answers: [Answer] = []

  private struct Asked {
    let isHead: Bool
    let target: [UInt8]
  }

  /// The answers as far as they depend on nothing but the requests.
  var comparable: [[UInt8]] {
    zip(answers, requests).prefix { !Request.mayVary($1.target) }.map { answer, _ in
      Array("\(answer.status)".utf8) + answer.body
    }
  }

  init(_ conversation: Conversation, _ scenario: Scenario) {
    requests = Self.requests(in: scenario.bytes)
    var rest = conversation.output[...]
    var isOver = false
    while !rest.isEmpty {
      precondition(!isOver, "more is said behind the last answer")
      var answer = Self.head(&rest)
      if answer.status / 100 == 1 { continue }
      // The connection's own time is nobody's request.
      guard answers.count < requests.count else {
        precondition(answer.status == 408 && !scenario.isSteady, "an answer to no request")
        requests.append(Asked(isHead: false, target: []))
        Self.body(&rest, of: &answer, isHead: false)
        isOver = true
        continue
      }
      Self.body(&rest, of: &answer, isHead: requests[answers.count].isHead)
      isOver = answer.closes
      answers.append(answer)
      checkJSON(answer.status, answer.field("content-type"), answer.body)
    }
    let mayLast = requests.contains { Request.mayVary($0.target) }
    if scenario.isSteady, !mayLast {
      precondition(answers.count == requests.count, "a request without an answer")
    }
  }

  /// The requests that a server of these bytes has to answer, refused ones too.
  private static func requests(in bytes: [UInt8]) -> [Asked] {
    let session = HTTP1Session(limits: ServerLimits().http)
    var requests: [Asked] = []
    var rest = bytes[...]
    var taken = 1
    while taken > 0, !rest.isEmpty {
      taken = session.receive(Array(rest).span)
      rest = rest.dropFirst(taken)
      while session.answerNext({ request, _, response in
        requests.append(Asked(isHead: request.method == .head, target: request.target))
        response.status = 204
      }) {}
      session.takeOutput(upTo: .max) { _ in }
    }
    return requests
  }

  private static func line(_ rest: inout ArraySlice<UInt8>) -> String {
    guard let end = rest.firstIndex(of: 0x0A) else { preconditionFailure("a line without an end") }
    let line = rest[..<end]
    precondition(line.last == 0x0D, "a line feed without a carriage return")
    precondition(line.dropLast().allSatisfy { $0 >= 0x20 || $0 == 9 }, "a control byte in a line")
    rest = rest[(end + 1)...]
    return String(decoding: line.dropLast(), as: UTF8.self)
  }

  private static func head(_ rest: inout ArraySlice<UInt8>) -> Answer {
    let status = line(&rest)
    precondition(
      status.hasPrefix("HTTP/1.1 ") && status.utf8.count > 13, "no status line: \(status)")
    guard let code = Int(status.dropFirst(9).prefix(3)), 100...599 ~= code else {
      preconditionFailure("no status: \(status)")
    }
    var answer = Answer(status: code)
    while true {
      let field = line(&rest)
      if field.isEmpty { break }
      guard let colon = field.firstIndex(of: ":"), colon > field.startIndex else {
        preconditionFailure("no field: \(field)")
      }
      let name = field[..<colon]
      precondition(name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") }, "no name: \(name)")
      let value = field[field.index(after: colon)...]
      answer.fields.append((name.lowercased(), String(value.drop { $0 == " " })))
    }
    for name in ["content-length", "content-type", "transfer-encoding", "date", "connection"] {
      precondition(answer.fields.count { $0.name == name } <= 1, "\(name) twice")
    }
    return answer
  }

  private static func body(_ rest: inout ArraySlice<UInt8>, of answer: inout Answer, isHead: Bool) {
    if isHead || answer.status == 204 || answer.status == 304 { return }
    if let length = answer.field("content-length") {
      precondition(answer.field("transfer-encoding") == nil, "two framings")
      guard let count = Int(length), count >= 0, count <= rest.count else {
        preconditionFailure("a body of another length than \(length)")
      }
      answer.body = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
    } else if answer.field("transfer-encoding") == "chunked" {
      chunks(&rest, of: &answer)
    } else {
      precondition(answer.closes, "a body without an end")
      answer.body = Array(rest)
      rest = []
    }
  }

  /// Chunks to the last one, or to where the connection ended.
  private static func chunks(_ rest: inout ArraySlice<UInt8>, of answer: inout Answer) {
    while !rest.isEmpty {
      guard let size = Int(line(&rest), radix: 16), size + 2 <= rest.count else {
        preconditionFailure("no chunk")
      }
      answer.body += rest.prefix(size)
      rest = rest.dropFirst(size)
      precondition(line(&rest).isEmpty, "a chunk of another size")
      if size == 0 { return }
    }
  }

  /// What is said to bytes that open nothing.
  static func checkRefusal(_ output: [UInt8]) {
    var rest = output[...]
    var answer = head(&rest)
    body(&rest, of: &answer, isHead: false)
    precondition(answer.status == 400 && answer.closes && rest.isEmpty, "no refusal")
  }
}
