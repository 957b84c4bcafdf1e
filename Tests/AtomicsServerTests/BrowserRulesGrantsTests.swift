// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer

/// What pages of other origins are granted, which is nothing unless it is configured.
@Suite struct BrowserRulesGrantsTests {
  private static let origin = "http://good.example:8000"

  private static func configuration(credentials: Bool = false) -> ServerConfiguration {
    var configuration = TokenRules([("all", "", .all)]).configuration
    configuration.allowedOrigins = [origin, "https://other.example"]
    configuration.allowsOriginCredentials = credentials
    return configuration
  }

  /// Fields of CORS in an answer, by what follows `access-control-`.
  private func grants(_ answer: HTTPAnswer) -> [String: String] {
    var grants: [String: String] = [:]
    answer.fields.visit { name, value in
      let name = String(decoding: name.indices.map { name[$0] }, as: UTF8.self)
      guard name.hasPrefix("access-control-") else { return }
      grants[String(name.dropFirst("access-control-".count))] = String(
        decoding: value.indices.map { value[$0] }, as: UTF8.self)
    }
    return grants
  }

  private func preflight(
    _ faces: Faces, _ target: String, _ method: String, from origin: String = Self.origin
  ) -> HTTPAnswer {
    faces.http(
      .options, target,
      fields: [
        ("origin", origin), ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,x-other"),
      ])
  }

  @Test(
    "a preflight is told the methods of its resource, without a token",
    arguments: [
      ("/v1/registers/r", "GET, HEAD, PUT, DELETE"), ("/v1/registers/r/value", "GET, HEAD, PUT"),
      ("/v1/registers/r/inc", "POST"), ("/v1/capabilities", "GET, HEAD"), ("/livez", "GET, HEAD"),
    ])
  func preflight(target: String, methods: String) throws {
    try Faces.use(configured: Self.configuration()) { faces in
      let answer = preflight(faces, target, "DELETE")
      #expect(answer.status == 204 && answer.fields.text("vary") == "Origin")
      #expect(
        grants(answer) == [
          "allow-origin": Self.origin, "allow-methods": methods, "max-age": "600",
          "allow-headers":
            "authorization, content-type, if-match, if-none-match, last-event-id, traceparent, tracestate",
          "expose-headers": "ETag, Location, Retry-After",
        ])
    }
  }

  @Test("answers, refusals too, may be read by the very origin that asked")
  func answers() throws {
    try Faces.use(configured: Self.configuration()) { faces in
      try faces.create("r", "u64")
      let token = ("authorization", "Bearer \(TokenRules.text("all"))")
      let requests: [(HTTPMethod, String, [(String, String)], Int)] = [
        (.get, "/v1/registers/r", [token], 200), (.get, "/v1/registers/none", [token], 404),
        (.get, "/v1/registers/r", [], 401), (.post, "/v1/registers/r", [token], 405),
        (.options, "/v1/registers/r", [token], 204), (.get, "/nothing", [token], 404),
        (.post, "/v1/registers/r/inc", [token], 200),
      ]
      for (method, target, fields, status) in requests {
        for origin in [Self.origin, "https://other.example"] {
          let answer = faces.http(method, target, fields: fields + [("origin", origin)])
          #expect(answer.status == status, "\(method) \(target)")
          #expect(
            grants(answer) == [
              "allow-origin": origin, "expose-headers": "ETag, Location, Retry-After",
            ])
          #expect(answer.fields.text("vary") == "Origin")
        }
        // Who asks from nowhere is granted nothing, and caches hear why.
        let plain = faces.http(method, target, fields: fields)
        #expect(grants(plain) == [:] && plain.fields.text("vary") == "Origin")
      }
    }
  }

  @Test(
    "other origins are refused, and granted nothing",
    arguments: [
      "http://evil.example", "http://good.example", "http://good.example:8001",
      "https://good.example:8000", "http://good.example:8000.evil.example",
      "http://x.good.example:8000", "null", "*", "", "http://good.example:8000 http://x",
      "http://good.example:8000/",
    ])
  func others(origin: String) throws {
    try Faces.use(configured: Self.configuration(credentials: true)) { faces in
      for answer in [
        preflight(faces, "/v1/registers/r", "PUT", from: origin),
        faces.http(.get, "/livez", fields: [("origin", origin)]),
        faces.http(.get, "/livez", fields: [("origin", Self.origin), ("origin", origin)]),
      ] {
        #expect(answer.status == 403 && answer.slug == "forbidden")
        #expect(grants(answer) == [:])
        #expect(answer.fields.text("vary") == "Origin")
      }
    }
  }

  @Test("without configuration nothing is granted, nor do answers depend on the origin")
  func none() throws {
    try Faces.use { faces in
      try faces.create("r", "u64")
      let own = "http://127.0.0.1:7070"
      for (answer, status) in [
        (preflight(faces, "/v1/registers/r", "PUT"), 403),
        (preflight(faces, "/v1/registers/r", "PUT", from: own), 204),
        (faces.http(.get, "/v1/registers/r", fields: [("origin", own)]), 200),
        (faces.http(.get, "/v1/registers/r"), 200),
      ] {
        #expect(answer.status == status)
        #expect(grants(answer) == [:] && answer.fields.text("vary") == nil)
      }
    }
  }

  @Test(
    "credentials of the browser are allowed where that is configured", arguments: [true, false])
  func credentials(isAllowed: Bool) throws {
    try Faces.use(configured: Self.configuration(credentials: isAllowed)) { faces in
      for answer in [
        preflight(faces, "/v1/registers/r", "PUT"),
        faces.http(.get, "/livez", fields: [("origin", Self.origin)]),
      ] {
        #expect(grants(answer)["allow-credentials"] == (isAllowed ? "true" : nil))
      }
      let own = faces.http(.get, "/livez", fields: [("origin", "http://127.0.0.1:7070")])
      #expect(grants(own) == [:])
    }
  }
}
