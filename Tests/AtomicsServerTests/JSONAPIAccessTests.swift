// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer
@testable import SharedArena

/// Who may do what over HTTP.
@Suite struct JSONAPIAccessTests {
  private static let rules = TokenRules([
    ("reader", "a.", .read), ("worker", "a.", [.read, .operate]), ("maker", "a.", .create),
    ("remover", "a.", .delete), ("admin", "", .administer), ("all", "", .all),
  ])

  private func bearer(_ name: String) -> [(String, String)] {
    [("authorization", "Bearer \(TokenRules.text(name))")]
  }

  @Test("only /livez and /readyz answer everybody")
  func publicPaths() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      for target in ["/livez", "/readyz", "/livez?x=1"] {
        #expect(faces.http(.get, target).status != 401, "\(target)")
        #expect(faces.http(.post, target).status == 405, "\(target)")
      }
      for target in [
        "/v1/capabilities", "/v1/registers", "/v1/registers/a.n", "/v1/registers/a.n/value", "/",
        "/nothing", "/livez/", "//livez", "/Livez", "/v1/livez", "*", "/%6Civez",
      ] {
        for method in [.get, .head, .put, .post, .delete, .options] as [HTTPMethod] {
          let answer = faces.http(method, target)
          #expect(answer.status == 401, "\(method) \(target)")
          #expect(
            answer.slug == "unauthorized" && answer.fields.text("www-authenticate") == "Bearer")
          #expect(answer.members["applied"] as? String == "no")
        }
      }
    }
  }

  @Test("what was damaged is told to administrators of the arena alone, how often to everybody")
  func readiness() throws {
    func last(_ faces: Faces, _ fields: [(String, String)]) -> String? {
      let answer = faces.http(.get, "/readyz", fields: fields)
      #expect(answer.status == 200 && answer.members["status"] as? String == "ok")
      let damage = answer.members["damage"] as? [String: any Sendable]
      #expect(damage?["count"] as? Int == 1)
      return damage?["last"] as? String
    }
    let text = "\(Damage.cell(register: "secret.payroll"))"
    try Faces.use(configured: Self.rules.configuration) { faces in
      faces.arena.note(.cell(register: "secret.payroll"))
      for fields in [[], bearer("all").map { ($0.0, "Basic x") }, bearer("x"), bearer("reader")] {
        #expect(last(faces, fields) == nil)
      }
      for name in ["all", "admin"] { #expect(last(faces, bearer(name)) == text) }
    }
    try Faces.use { faces in
      faces.arena.note(.cell(register: "secret.payroll"))
      #expect(last(faces, []) == text)
    }
  }

  @Test("a request whose body was not read is refused even if its sender is known by now")
  func unreadBody() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      var api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
      var request = HTTPRequest(
        method: .put, target: Array("/v1/registers/a.new".utf8),
        authority: Array("127.0.0.1".utf8))
      request.fields.append(name: "authorization", value: "Bearer \(TokenRules.text("all"))")
      #expect(api.knows(request))
      request.isBodyUnread = true
      #expect(api.respond(to: request).status == 401)
      // The same for those who are nobody, and for what everybody may ask.
      request.fields = HTTPFields()
      #expect(!api.knows(request))
      request.target = Array("/livez".utf8)
      request.fields.append(name: "authorization", value: "Bearer \(TokenRules.text("all"))")
      #expect(!api.knows(request))
    }
  }

  @Test("a token rides in one Authorization field, and nowhere else")
  func token() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      let text = TokenRules.text("reader")
      func status(_ fields: [(String, String)], _ target: String = "/v1/capabilities") -> Int {
        faces.http(.get, target, fields: fields).status
      }
      #expect(status(bearer("reader")) == 200)
      #expect(status([("authorization", "bEARER  \(text)")]) == 200)
      for value in [
        text, "Basic \(text)", "Bearer", "Bearer ", "Bearer\(text)", "Bearer \(text) x",
        "Bearer \(text.dropLast())", "Bearer \(text.uppercased())",
        "Bearer \(TokenRules.text("x"))",
      ] {
        #expect(
          status([("authorization", value)]) == 401 || status([("authorization", value)]) == 429)
      }
      #expect(status(bearer("reader") + bearer("reader")) == 401)
      #expect(status([], "/v1/capabilities?access_token=\(text)") == 401)
      #expect(status([("cookie", "token=\(text)")]) == 401)
    }
    try Faces.use(configured: Self.rules.configuration) { faces in
      let wrong = faces.http(.get, "/v1/capabilities", fields: bearer("x"))
      #expect(wrong.fields.text("www-authenticate") == #"Bearer error="invalid_token""#)
      #expect(!wrong.body.contains(TokenRules.text("x")))
      // An unknown origin or host is told before anything else, whoever asks.
      let foreign = faces.http(
        .get, "/v1/capabilities", fields: [("origin", "http://evil.example")])
      #expect(foreign.status == 403)
      #expect(faces.http(.get, "/v1/capabilities", authority: "evil.example").status == 421)
    }
  }

  @Test("each right permits its requests and no others")
  func matrix() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      try faces.create("a.n", "u64")
      let body = #"{"type":"u64"}"#
      let requests: [(HTTPMethod, String, String, Set<String>)] = [
        (.get, "", "", ["reader", "worker"]), (.head, "", "", ["reader", "worker"]),
        (.get, "/value", "", ["reader", "worker"]), (.put, "/value", "5", ["worker"]),
        (.post, "/load", "", ["reader", "worker"]), (.post, "/inc", "", ["worker"]),
        (.post, "/bit_test", #"{"index":1}"#, ["reader", "worker"]),
        (.post, "/bit_test_set", #"{"index":1}"#, ["worker"]),
        (.post, "/store", #"{"operand":1}"#, ["worker"]), (.put, "", body, ["maker"]),
        (.delete, "", "", ["remover"]),
      ]
      for (method, rest, body, may) in requests {
        for principal in ["reader", "worker", "maker", "remover", "admin"] {
          for name in ["c.n", "a.missing", "a.n"] {
            let answer = faces.http(
              method, "/v1/registers/\(name)\(rest)", body, fields: bearer(principal))
            let isPermitted = name != "c.n" && may.contains(principal)
            #expect(
              (answer.status != 403) == isPermitted,
              "\(principal) \(method) \(name)\(rest): \(answer)")
            if !isPermitted { #expect(answer.slug == "forbidden") }
          }
        }
        try faces.create("a.n", "u64")
      }
      for principal in ["reader", "maker", "admin"] {
        #expect(faces.http(.get, "/v1/capabilities", fields: bearer(principal)).status == 200)
      }
      let denied = faces.http(.post, "/v1/registers/a.n/inc", fields: bearer("reader"))
      #expect(denied.members["detail"] as? String == "reader may not operate on a.n")
      #expect(denied.members["register"] as? String == "a.n")
    }
  }

  @Test("syntax is told before a right, a right before existence and type")
  func order() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      try faces.create("a.n", "u64")
      func status(_ method: HTTPMethod, _ rest: String, _ body: String = "") -> Int {
        faces.http(method, "/v1/registers/" + rest, body, fields: bearer("reader")).status
      }
      #expect(status(.post, "a.n/no_such_operation") == 404)
      #expect(status(.post, "a.n/add", #"{"oder":"relaxed"}"#) == 400)
      #expect(status(.post, "a.n/add", #"{"operand":1,"order":"consume"}"#) == 400)
      #expect(status(.post, "a.n/add", #"{"operand":"x"}"#) == 403, "a value comes after the right")
      #expect(status(.post, "a.missing/add", #"{"operand":1}"#) == 403)
      #expect(status(.put, "a.n/value", "x") == 403)
      #expect(status(.get, "b//x") == 404)
      #expect(status(.post, "a.n") == 405)
    }
  }

  @Test("the list leaves out what may not be read; who makes without reading hears no value")
  func values() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      try faces.create("a.n", "u64", "77")
      try faces.create("b.n", "u64", "78")
      func list(_ name: String) -> String {
        faces.http(.get, "/v1/registers", fields: bearer(name)).body
      }
      #expect(list("reader") == #"{"registers":[{"name":"a.n","type":"u64","value":"77"}]}"#)
      #expect(list("maker") == #"{"registers":[]}"#)
      #expect(list("all").contains("b.n"))
      let made = faces.http(
        .put, "/v1/registers/a.n", #"{"type":"u64"}"#, fields: bearer("maker"))
      #expect(made.body == #"{"name":"a.n","type":"u64"}"# && !made.fields.contains("etag"))
      let whole = faces.http(.put, "/v1/registers/a.n", #"{"type":"u64"}"#, fields: bearer("all"))
      #expect(whole.body.contains("77") && whole.fields.contains("etag"))
    }
  }

  @Test("wrong tokens are told to slow down, and a right one passes all the same")
  func limit() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      let statuses = (0..<30).map { _ in
        faces.http(.get, "/v1/capabilities", fields: bearer("x")).status
      }
      #expect(statuses.prefix(FailureLimiter.burst).allSatisfy { $0 == 401 })
      #expect(statuses.contains(429))
      let late = faces.http(.get, "/v1/capabilities", fields: bearer("x"))
      #expect(late.status == 401 || late.fields.text("retry-after") == "1")
      #expect(faces.http(.get, "/v1/capabilities", fields: bearer("reader")).status == 200)
      #expect(faces.http(.get, "/v1/capabilities").status == 401)
    }
  }

  @Test("without rules a token, right or wrong, does not count")
  func off() throws {
    try Faces.use { faces in
      #expect(faces.http(.get, "/v1/capabilities", fields: bearer("x")).status == 200)
      #expect(faces.http(.put, "/v1/registers/n", #"{"type":"u64"}"#).status == 201)
    }
  }

  @Test("the next request of a connection is by the rules in force then")
  func change() throws {
    try Faces.use(configured: Self.rules.configuration) { faces in
      #expect(faces.http(.get, "/v1/capabilities", fields: bearer("reader")).status == 200)
      faces.context.authenticator.control.replace(with: AccessRules([]))
      #expect(faces.http(.get, "/v1/capabilities", fields: bearer("reader")).status == 401)
    }
  }
}
