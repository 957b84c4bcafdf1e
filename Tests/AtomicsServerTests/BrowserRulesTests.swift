// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import Testing

@testable import AtomicsServer

/// Each refusal names the attack that it stops.
@Suite struct BrowserRulesTests {
  @Test(
    "only addresses, localhost and configured names are hosts (DNS rebinding)",
    arguments: [
      ("127.0.0.1", 200), ("127.0.0.1:7070", 200), ("[::1]", 200), ("[::1]:7070", 200),
      ("localhost", 200), ("LocalHost:7070", 200), ("10.1.2.3:80", 200), ("arena.test", 200),
      ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421),
      ("127.0.0.1:", 421), ("127.0.0.1:http", 421), ("256.0.0.1", 421), ("1.2.3", 421),
      ("[evil]", 421), ("[::1", 421), ("0.0.0.0", 200), ("255.255.255.255", 200), ("1..2.3", 421),
      ("1.2.3.", 421), (".1.2.3", 421), ("1.2.3.4.5", 421), ("0001.2.3.4", 421),
      ("1.2.3.4:123456", 421),
      ("LOCALHOST", 200), ("localhost:", 421), ("localhost.", 421), ("loca\u{4C}hos\u{14}", 421),
      ("[::1]:", 421), ("[::1]:x", 421), ("[FE80::a.b]", 200), ("[1.2]", 421), ("[]", 421),
      ("ARENA.TEST:80", 200), ("arena.test.", 421), ("\u{AD}localhost", 421), ("[::1]x", 421),
      ("", 421), ("user@127.0.0.1", 421),
    ])
  func host(authority: String, status: Int) throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.allowedHosts = ["Arena.test"]
    try Faces.use(configured: configuration) { faces in
      let answer = faces.http(.get, "/livez", authority: authority)
      #expect(answer.status == status)
      #expect(status == 200 || answer.slug == "misdirected")
    }
  }

  @Test(
    "pages of other origins are refused, whatever they ask (form POST, event stream)",
    arguments: [
      ([("origin", "http://127.0.0.1:7070")], 200), ([("origin", "https://127.0.0.1:7070")], 403),
      ([("origin", "http://127.0.0.1:7071")], 403), ([("origin", "http://evil.example")], 403),
      ([("origin", "null")], 403), ([("origin", "http://good.example")], 200),
      ([("sec-fetch-site", "cross-site")], 403), ([("sec-fetch-site", "same-site")], 403),
      ([("sec-fetch-site", "same-origin")], 200), ([("sec-fetch-site", "none")], 200),
      ([("origin", "http://127.0.0.1:7070"), ("sec-fetch-site", "cross-site")], 200),
    ] as [([(String, String)], Int)])
  func origin(fields: [(String, String)], status: Int) throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.allowedOrigins = ["http://good.example"]
    try Faces.use(configured: configuration) { faces in
      try faces.create("r", "u64")
      for (method, target) in [
        (HTTPMethod.get, "/v1/registers/r"), (.post, "/v1/registers/r/inc"), (.get, "/livez"),
      ] {
        let answer = faces.http(method, target, fields: fields)
        #expect(answer.status == status)
        #expect(status == 200 || answer.slug == "forbidden")
      }
    }
  }

  @Test("an authority that is not the Host is refused")
  func twoHosts() throws {
    try Faces.use { faces in
      let answer = faces.http(.get, "/livez", fields: [("host", "localhost")])
      #expect((answer.status, answer.slug) == (400, "malformed-request"))
    }
  }
}
