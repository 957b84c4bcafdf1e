// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPMessage
import JSONText
import Testing

@testable import AtomicsServer

/// What a connection is asked again and again is answered by what is known of it, and never by what
/// was true before.
@Suite struct JSONAPIRepetitionTests {
  /// One connection.
  private struct Asker {
    let faces: Faces
    var api: JSONAPI

    init(_ faces: Faces) {
      self.faces = faces
      api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
    }

    mutating func ask(
      _ method: HTTPMethod, _ target: String, _ body: String = "",
      _ fields: [(String, String)] = []
    ) -> HTTPAnswer {
      var request = HTTPRequest(
        method: method, target: Array(target.utf8), authority: Array("localhost".utf8),
        body: Array(body.utf8))
      for (name, value) in fields { request.fields.append(name: name, value: value) }
      return HTTPAnswer(api.respond(to: request))
    }
  }

  @Test("a register that is deleted and made anew between two reads is described as it is then")
  func readsAgain() throws {
    try Faces.use { faces in
      try faces.create("a", "u64", "1")
      var asker = Asker(faces)
      for _ in 0..<3 {
        #expect(
          asker.ask(.get, "/v1/registers/a").body == #"{"name":"a","type":"u64","value":"1"}"#)
      }
      #expect(faces.http(.delete, "/v1/registers/a").status == 204)
      for _ in 0..<3 { #expect(asker.ask(.get, "/v1/registers/a").status == 404) }
      #expect(
        faces.http(.put, "/v1/registers/a", #"{"type":"i8","initial":"-2","label":"x"}"#).status
          == 201)
      for _ in 0..<3 {
        let answer = asker.ask(.get, "/v1/registers/a")
        #expect(answer.body == #"{"name":"a","type":"i8","value":"-2","label":"x"}"#)
        #expect(answer.fields.text("etag") == #""-2""#)
      }
    }
  }

  @Test("what else a request says is heard, however often the register was read before")
  func conditions() throws {
    try Faces.use { faces in
      try faces.create("a", "u64", "1")
      var asker = Asker(faces)
      for _ in 0..<3 {
        #expect(asker.ask(.get, "/v1/registers/a").status == 200)
        #expect(asker.ask(.get, "/v1/registers/a", "", [("if-none-match", "\"1\"")]).status == 304)
        let other = asker.ask(.get, "/v1/registers/a", "", [("if-none-match", "\"2\"")])
        #expect(other.status == 200 && other.fields.text("etag") == "\"1\"")
        #expect(asker.ask(.get, "/v1/registers/a", "", [("if-match", "\"1\"")]).status == 400)
        #expect(asker.ask(.get, "/v1/registers/a", "", [("accept", "text/html")]).status == 406)
        #expect(asker.ask(.get, "/v1/registers/a", "", [("accept", "*/*")]).status == 200)
        #expect(asker.ask(.get, "/v1/registers/a", "", [("origin", "http://evil")]).status == 403)
        #expect(asker.ask(.head, "/v1/registers/a").fields.text("etag") == "\"1\"")
      }
    }
  }

  @Test("an operation in the same words is done each time, on the register that is there")
  func performsAgain() throws {
    try Faces.use { faces in
      try faces.create("a", "u64", "0")
      var asker = Asker(faces)
      let add = #"{"operand":"2"}"#
      for round in 0..<4 {
        let answer = asker.ask(.post, "/v1/registers/a/fetch_add", add)
        #expect(
          answer.body == #"{"op":"fetch_add","old":"\#(2 * round)","new":"\#(2 * round + 2)"}"#)
      }
      // Other words, a field that forbids it, and again the first ones.
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", #"{"operand":"3"}"#).members["new"]
          as? String == "11")
      #expect(asker.ask(.post, "/v1/registers/a/fetch_add", add, [("if-match", "1")]).status == 400)
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", add, [("content-encoding", "gzip")]).status
          == 415)
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", add, [("content-type", "text/html")]).status
          == 415)
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", add, [("accept", "text/html")]).status == 406)
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", #"{"operand":"3","operand":"3"}"#).slug
          == "duplicate-member")
      #expect(
        asker.ask(.post, "/v1/registers/a/fetch_add", add).members["new"] as? String == "13")
      // The words mean something else on a register of another type.
      #expect(faces.http(.delete, "/v1/registers/a").status == 204)
      #expect(asker.ask(.post, "/v1/registers/a/fetch_add", add).status == 404)
      try faces.create("a", "f64", "0.5")
      for new in ["2.5", "4.5"] {
        #expect(
          asker.ask(.post, "/v1/registers/a/fetch_add", add).members["new"] as? String == new)
      }
      // Nor do they belong to another register, or another operation.
      try faces.create("b", "u64", "7")
      #expect(asker.ask(.post, "/v1/registers/b/fetch_add", add).members["new"] as? String == "9")
      #expect(asker.ask(.post, "/v1/registers/b/fetch_sub", add).members["new"] as? String == "7")
    }
  }

  @Test("a refusal is one each time, and a bound is kept")
  func refusals() throws {
    try Faces.use { faces in
      try faces.create("a", "u8", "250")
      var asker = Asker(faces)
      let add = #"{"operand":"2","overflow":"fail"}"#
      for new in ["252", "254"] {
        #expect(
          asker.ask(.post, "/v1/registers/a/fetch_add", add).members["new"] as? String == new)
      }
      for _ in 0..<3 {
        let answer = asker.ask(.post, "/v1/registers/a/fetch_add", add)
        #expect(answer.status == 409 && answer.members["value"] as? String == "254")
        #expect(answer.members["op"] as? String == "fetch_add")
        #expect(answer.members["register"] as? String == "a")
      }
    }
  }

  @Test("equal operations of a batch are done one by one, and fail one by one")
  func batches() throws {
    try Faces.use { faces in
      try faces.create("a", "u8", "250")
      let one = #"{"name":"a","op":"add","operand":"2","overflow":"fail"}"#
      // Flat elements side by side, with spaces between, and with one that is not flat.
      for elements in [
        "\(one),\(one),\(one),\(one)", "\(one) , \(one),\(one) ,\(one)",
        #"\#(one),\#(one),\#(one),\#(one),{"name":"a","op":"l\u006fad"}"#,
      ] {
        #expect(faces.http(.put, "/v1/registers/a/value", "250").status == 204)
        let answer = faces.http(.post, "/v1/batch", #"{"operations":[\#(elements)]}"#)
        #expect(answer.status == 200)
        for value in ["252", "254"] {
          #expect(answer.body.contains(#""new":"\#(value)""#), "\(answer.body)")
        }
        #expect(answer.body.components(separatedBy: #""status":409"#).count == 3)
        #expect(answer.body.components(separatedBy: #""register":"a""#).count == 3)
        #expect(answer.body.contains(#""op":"load","value":"254""#) == elements.contains("006f"))
      }
    }
  }

  @Test("the same operation on one register after another is done on each, by its type and rights")
  func batchOfMany() throws {
    try Faces.use { faces in
      for number in 0..<5 { try faces.create("a\(number)", "u64", "\(number)") }
      try faces.create("i", "i8", "126")
      func one(_ name: String) -> String { #"{"op":"add","name":"\#(name)","operand":"2"}"# }
      let names = ["a0", "a1", "a1", "none", "a2", "i", "i", "a3", "%", "a4"]
      let answer = faces.http(
        .post, "/v1/batch", #"{"operations":[\#(names.map(one).joined(separator: ","))]}"#)
      let results = answer.members["results"] as? [[String: Any]] ?? []
      #expect(
        results.map { $0["new"] as? String }
          == ["2", "3", "5", nil, "4", "-128", "-126", "5", nil, "6"])
      #expect(
        results.map { $0["status"] as? Int } == [200, 200, 200, 404, 200, 200, 200, 200, 400, 200])
      #expect(results.map { $0["register"] as? String }[3] == "none")
    }
  }

  @Test("no resource takes more members than there is room for")
  func room() {
    #expect(OperationRoute.takenInBatch.count <= GivenMembers.limit)
    for route in OperationRoute.all { #expect(route.permitted.count <= GivenMembers.limit) }
    var given = GivenMembers()
    let members = RequestMember.allCases.prefix(GivenMembers.limit)
    for member in members {
      given.append(
        GivenMembers.Value(member: member, kind: .number, start: UInt32(member.rawValue)))
    }
    for member in members {
      let value = given.value(of: member)
      #expect(value.member == member && value.start == UInt32(member.rawValue))
    }
  }
}
