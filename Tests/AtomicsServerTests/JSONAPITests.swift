// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer

/// The resources and what they answer.
@Suite struct JSONAPITests {
  @Test("one connection's requests are each answered for what they ask, whatever came before")
  func oneAfterAnother() throws {
    try Faces.use { faces in
      try faces.create("a", "u64", "1")
      let labelled = faces.http(
        .put, "/v1/registers/b", #"{"type":"i8","initial":"-2","label":"x"}"#)
      #expect(labelled.status == 201)
      var api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
      func ask(
        _ method: HTTPMethod, _ target: String, _ host: String = "localhost",
        fields: [(String, String)] = []
      ) -> HTTPAnswer {
        var request = HTTPRequest(
          method: method, target: Array(target.utf8), authority: Array(host.utf8))
        for (name, value) in fields { request.fields.append(name: name, value: value) }
        return HTTPAnswer(api.respond(to: request))
      }
      let a = #"{"name":"a","type":"u64","value":"1"}"#
      let b = #"{"name":"b","type":"i8","value":"-2","label":"x"}"#
      for _ in 0..<2 {
        #expect(ask(.get, "/v1/registers/a").body == a)
        #expect(ask(.get, "/v1/registers/b").body == b)
        #expect(ask(.get, "/v1/registers/b", "evil.example").status == 421)
        #expect(ask(.get, "/v1/registers/b").fields.text("etag") == "\"-2\"")
        #expect(ask(.get, "/v1/registers/%62").body == b)
        #expect(ask(.options, "/v1/registers/%62").status == 204)
        #expect(ask(.get, "/v1/registers/b?order=release").slug == "invalid-order")
        #expect(ask(.get, "/v1/registers/a/value").body == "1\n")
        #expect(ask(.delete, "/v1/registers/a/value").status == 405)
        let added = ask(.post, "/v1/registers/b/fetch-add?operand=0")
        #expect(added.members["op"] as? String == "fetch_add")
      }
      // What is known of a register by now does not keep a field from being heard.
      for _ in 0..<3 {
        #expect(ask(.get, "/v1/registers/a").body == a)
        let encoded = ask(.get, "/v1/registers/a", fields: [("content-encoding", "gzip")])
        #expect(encoded.status == 415)
      }
      #expect(ask(.delete, "/v1/registers/a").status == 204)
      #expect(ask(.get, "/v1/registers/a").status == 404)
    }
  }

  @Test("PUT makes a register, confirms one of its type, and refuses another type")
  func create() throws {
    try Faces.use { faces in
      let made = faces.http(.put, "/v1/registers/a.b%2Fc", #"{"type":"i16","initial":"-3"}"#)
      #expect(made.status == 201)
      #expect(made.body == #"{"name":"a.b/c","type":"i16","value":"-3"}"#)
      #expect(made.fields.text("location") == "/v1/registers/a.b%2Fc")
      #expect(made.fields.text("etag") == "\"-3\"")
      let again = faces.http(.put, "/v1/registers/a.b%2Fc", #"{"type":"i16","initial":"9"}"#)
      #expect((again.status, again.body) == (200, made.body))
      let other = faces.http(.put, "/v1/registers/a.b%2Fc", #"{"type":"u16"}"#)
      #expect((other.status, other.slug) == (409, "type-mismatch"))
      let exclusive = faces.http(
        .put, "/v1/registers/a.b%2Fc", #"{"type":"i16"}"#, fields: [("if-none-match", "*")])
      #expect((exclusive.status, exclusive.slug) == (412, "precondition-failed"))
    }
  }

  @Test("a label is kept and shown")
  func label() throws {
    try Faces.use { faces in
      let body = #"{"type":"f64","initial":0.1,"label":"Grüße","owner":"7","restore_gap":"0"}"#
      #expect(faces.http(.put, "/v1/registers/x", body).status == 201)
      let answer = faces.http(.get, "/v1/registers/x")
      #expect(
        answer.body == #"{"name":"x","type":"f64","value":"0.1","label":"Grüße","owner":"7"}"#)
    }
  }

  @Test("GET has the value as its tag and answers 304 to that tag")
  func get() throws {
    try Faces.use { faces in
      try faces.create("hits", "u64", "10")
      let answer = faces.http(.get, "/v1/registers/hits?order=acquire")
      #expect(answer.body == #"{"name":"hits","type":"u64","value":"10"}"#)
      #expect(answer.fields.text("etag") == "\"10\"")
      #expect(answer.fields.text("cache-control") == "no-store")
      #expect(answer.fields.text("content-type") == "application/json")
      for (tag, status) in [
        ("\"10\"", 304), ("*", 304), ("\"9\"", 200), ("W/\"10\"", 200), ("\"9\", \"10\"", 400),
      ] {
        let answer = faces.http(.get, "/v1/registers/hits", fields: [("if-none-match", tag)])
        #expect(answer.status == status, "\(tag)")
      }
    }
  }

  @Test("the value alone is plain text, both ways; If-Match makes it a compare-exchange")
  func value() throws {
    try Faces.use { faces in
      let register = try faces.create("hits", "u64", "10")
      let read = faces.http(.get, "/v1/registers/hits/value")
      #expect((read.status, read.body) == (200, "10\n"))
      #expect(read.fields.text("content-type") == "text/plain; charset=utf-8")
      let written = faces.http(.put, "/v1/registers/hits/value?order=release", " 11\r\n")
      #expect((written.status, written.body) == (204, ""))
      #expect(written.fields.text("etag") == "\"11\"")
      for (tag, value, status) in [
        ("\"11\"", "12", 204), ("\"11\"", "13", 412), ("12", "14", 204), ("*", "15", 204),
        ("\"x\"", "16", 412), ("\"15\", \"16\"", "17", 400),
      ] {
        let answer = faces.http(
          .put, "/v1/registers/hits/value", value, fields: [("if-match", tag)])
        #expect(answer.status == status, "\(tag)")
        if status == 412 { #expect(answer.members["value"] as? String == faces.value(register)) }
      }
      #expect(faces.value(register) == "15")
    }
  }

  @Test("DELETE answers nothing, and then there is nothing")
  func delete() throws {
    try Faces.use { faces in
      try faces.create("hits", "u64")
      let tagged = faces.http(.delete, "/v1/registers/hits", fields: [("if-match", "\"0\"")])
      #expect((tagged.status, tagged.slug) == (400, "precondition-unsupported"))
      #expect(faces.http(.delete, "/v1/registers/hits").status == 204)
      for method in [HTTPMethod.get, .delete] {
        let answer = faces.http(method, "/v1/registers/hits")
        #expect((answer.status, answer.slug) == (404, "not-found"))
        #expect(answer.members["register"] as? String == "hits")
      }
    }
  }

  @Test("the list comes in pages, by prefix, until there is no cursor")
  func list() throws {
    try Faces.use { faces in
      for index in 0..<7 { try faces.create("a\(index)", "u8", "\(index)") }
      for index in 0..<3 { try faces.create("b\(index)", "u8") }
      var seen: [String] = []
      var cursor = ""
      var pages = 0
      repeat {
        let answer = faces.http(.get, "/v1/registers?prefix=a&limit=3\(cursor)")
        let registers = answer.members["registers"] as? [[String: String]] ?? []
        #expect(answer.status == 200 && registers.count <= 3)
        seen += registers.compactMap { $0["name"] }
        cursor = (answer.members["cursor"] as? String).map { "&cursor=\($0)" } ?? ""
        pages += 1
      } while !cursor.isEmpty && pages < 10
      #expect(seen == (0..<7).map { "a\($0)" })
    }
  }

  @Test("members come from the query as from the body, and `+` is no space")
  func query() throws {
    try Faces.use { faces in
      let register = try faces.create("hits", "i64", "5")
      let answer = faces.http(.post, "/v1/registers/hits/fetch_add?operand=-7&order=relaxed")
      #expect(answer.body == #"{"op":"fetch_add","old":"5","new":"-2"}"#)
      let plus = faces.http(.post, "/v1/registers/hits/add?operand=+7")
      #expect((plus.status, plus.slug) == (400, "invalid-value"))
      #expect(faces.value(register) == "-2")
    }
  }

  @Test("capabilities list every operation of the table")
  func capabilities() throws {
    try Faces.use { faces in
      let answer = faces.http(.get, "/v1/capabilities")
      let operations = answer.members["operations"] as? [[String: any Sendable]] ?? []
      #expect(operations.compactMap { $0["name"] as? String } == OperationName.all.map(\.name))
      func operation(_ name: String) -> [String: any Sendable]? {
        operations.first { $0["name"] as? String == name }
      }
      let add = operation("fetch_add")
      #expect(add?["members"] as? [String] == ["operand"])
      let optional = ["overflow", "min", "max", "order", "create"]
      #expect(add?["optional_members"] as? [String] == optional)
      #expect(add?["kinds"] as? [String] == ["unsigned", "signed", "float"])
      #expect(add?["modifier_kinds"] as? [String] == ["unsigned", "signed"])
      #expect(operation("or")?["modifier_kinds"] == nil)
      #expect(operation("add_unless")?["members"] as? [String] == ["operand", "unless"])
      #expect(answer.members["overflow"] as? [String] == ["wrap", "saturate", "fail"])
      #expect(answer.members["relations"] as? [String] == ["eq", "ne", "lt", "le", "gt", "ge"])
      let widths = answer.members["widths"] as? [[String: any Sendable]] ?? []
      #expect(widths.compactMap { $0["bytes"] as? Int } == [1, 2, 4, 8, 16])
      for (width, facts) in zip(AtomicWidth.allCases, widths) {
        #expect(facts["lock_free"] as? Bool == width.isLockFree)
        #expect(facts["read_only_load"] as? Bool == width.hasReadOnlyLoad)
      }
      #expect((answer.members["types"] as? [String])?.count == RegisterType.all.count)
      #expect(answer.members["kinds"] as? [String] == ["unsigned", "signed", "bytes", "float"])
      let limits = answer.members["limits"] as? [String: Int] ?? [:]
      #expect(limits["batch_operations"] == 4096 && limits["list_registers"] == 1000)
      #expect(limits["body_bytes_per_second"] == 100)
      #expect(limits["http2_nuisances"] == 200 && limits["stall_ms"] == 30_000)
      #expect(limits["body_bytes"] == 1 << 20 && limits["name_bytes"] == 128)
      #expect(limits["head_ms"] == 10_000 && limits["opening_ms"] == 5000)
      #expect(
        answer.members["arena_uuid"] as? String
          == CapabilitiesDocument.uuidText(
            faces.service.arenaUUID))
    }
  }

  @Test(
    "every request of HTTP costs a turn what a message costs, refused or not",
    arguments: [
      (HTTPMethod.get, "/livez"), (.get, "/v1/capabilities"), (.get, "/v1/registers/x"),
      (.get, "/nothing"), (.post, "/v1/registers/x/inc"), (.options, "/livez"),
    ])
  func budget(method: HTTPMethod, target: String) throws {
    try Faces.use { faces in
      try faces.create("x", "u64")
      let request = HTTPRequest(
        method: method, target: Array(target.utf8), authority: Array("localhost".utf8))
      var budget = ExecutionBudget(ExecutionBudget.message)
      var api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
      var response = HTTPResponse(status: 0)
      api.respond(to: request, into: &response, &budget)
      #expect(budget.isSpent)
    }
  }

  @Test("health is answered, and readiness ends with the drain")
  func health() throws {
    try Faces.use { faces in
      #expect(faces.http(.get, "/readyz").status == 200)
      faces.context.beginDraining()
      let answer = faces.http(.get, "/readyz")
      #expect((answer.status, answer.slug) == (503, "shutting-down"))
      #expect(faces.http(.get, "/livez").status == 200)
    }
  }

  @Test("a method that a resource has not is told those that it has")
  func methods() throws {
    try Faces.use { faces in
      for (method, target, allow) in [
        (HTTPMethod.post, "/livez", "GET, HEAD, OPTIONS"),
        (.post, "/v1/registers/x", "GET, HEAD, PUT, DELETE, OPTIONS"),
        (.delete, "/v1/registers/x/value", "GET, HEAD, PUT, OPTIONS"),
        (.get, "/v1/registers/x/inc", "POST, OPTIONS"),
        (.other, "/v1/registers", "GET, HEAD, OPTIONS"),
      ] {
        let answer = faces.http(method, target)
        #expect((answer.status, answer.slug) == (405, "method-not-allowed"))
        #expect(answer.fields.text("allow") == allow)
        let options = faces.http(.options, target)
        #expect((options.status, options.fields.text("allow")) == (204, allow))
      }
    }
  }
}
