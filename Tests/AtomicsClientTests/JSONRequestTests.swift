// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import TestSupport
import Testing

@testable import AtomicsClient

@Suite struct JSONRequestTests {
  private func text(_ members: [JSONMember]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: members.map { ($0.name, "\($0.value)") })
  }

  private func register(_ type: RegisterType, _ name: String = "x") -> RegisterReference {
    RegisterReference(name: name, type: type, generation: 0, place: .byName(connection: 1))
  }

  @Test("each vector's operation is sent as its body, and its answer read as its outcome")
  func followsVectors() throws {
    var count = 0
    for vector in Vectors.accepted {
      let name = vector.operationName
      // Failure orders are always written out.
      guard let body = vector.httpBody, let answer = vector.httpReply,
        vector.failureOrder != nil || !name.operation.takesFailureOrder, vector.bodyAsWritten
      else { continue }
      let command = ClientCommand.perform(
        try vector.request(), on: register(vector.registerType))
      let request = try #require(JSONRequest(command))
      #expect(request.method == .post)
      #expect(request.target == "/v1/registers/x/\(name.operation.row.name)")
      let sent = text(try #require(try JSONReader.members(of: request.body)))
      let expected = text(try #require(try JSONReader.members(of: Self.bytes(body))))
      #expect(sent == expected, "\(vector)")

      let response = JSONResponse(HTTPResponse(status: 200, body: Self.bytes(answer)))
      let outcome = try response.result(of: command, connection: 1).get().asOutcome()
      #expect(outcome == vector.outcome, "\(vector)")
      count += 1
    }
    #expect(count > 1000)
  }

  private static func bytes(_ object: JSONObject) -> [UInt8] {
    Array("{\(object.map { "\"\($0.key)\":\($0.value.json)" }.joined(separator: ","))}".utf8)
  }

  @Test("names are percent-encoded once")
  func encodesNames() throws {
    #expect(JSONRequest(.info(name: "a.b_c-d:e@f"))?.target == "/v1/registers/a.b_c-d:e@f")
    #expect(JSONRequest(.info(name: "a/b c?%é"))?.target == "/v1/registers/a%2Fb%20c%3F%25%C3%A9")
    let list = try #require(JSONRequest(.list(prefix: "a&b", cursor: 7, limit: 3)))
    #expect(list.target == "/v1/registers?limit=3&prefix=a%26b&cursor=7")
  }

  @Test("problems become errors that keep code, text and what was applied")
  func readsProblems() throws {
    let type = try #require(RegisterType(name: "u8"))
    let command = ClientCommand.perform(
      try AtomicRequest(.increment, on: type), on: register(type))
    let cases: [(Int, String, ClientError)] = [
      (404, #"{"type":"/problems/not-found","detail":"d"}"#, .notFound(name: "x")),
      (410, #"{"type":"/problems/gone"}"#, .notFound(name: "x")),
      (
        409, #"{"type":"/problems/type-mismatch","detail":"is u64","applied":"no"}"#,
        .rejected(code: "type-mismatch", text: "is u64", applied: .no)
      ),
      (
        500, #"{"type":"/problems/internal","detail":"oh","applied":"unknown"}"#,
        .rejected(code: "internal", text: "oh", applied: .unknown)
      ),
      (
        502, "<html>",
        .rejected(
          code: "status-502", text: "the server answered with status 502", applied: .unknown)
      ),
    ]
    for (status, body, expected) in cases {
      let response = JSONResponse(HTTPResponse(status: status, body: Array(body.utf8)))
      #expect(throws: expected) { try response.result(of: command, connection: 1).get() }
    }
  }

  @Test(
    "an answer that makes no sense is the server's mistake",
    arguments: ["", "{}", "[]", #"{"old":"300","new":"1"}"#, #"{"old":1,"new":2}"#, "{"])
  func refusesNonsense(body: String) throws {
    let type = try #require(RegisterType(name: "u8"))
    let command = ClientCommand.perform(
      try AtomicRequest(.increment, on: type), on: register(type))
    let response = JSONResponse(HTTPResponse(status: 200, body: Array(body.utf8)))
    guard case .failure(.protocolViolation) = response.result(of: command, connection: 1) else {
      Issue.record("\(body) was taken")
      return
    }
  }
}
