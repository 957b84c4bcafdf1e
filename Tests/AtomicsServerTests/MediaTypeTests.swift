// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import Testing

@testable import AtomicsServer

@Suite struct MediaTypeTests {
  @Test(
    "Accept permits an answer by the most specific range that it is in",
    arguments: [
      ("*/*", true), ("application/json", true), ("Application/JSON; charset=utf-8", true),
      ("text/html, application/*;q=0.5", true), ("text/html", false), ("text/*", false),
      ("application/json;q=0, */*", false), ("*/*;q=0.1, text/html", true), ("*/*;q=0", false),
      ("application/*;q=0, application/json;q=0.001", true), ("application/jsonx", false),
      ("json", false), (",", false), ("application/json;q=0.000", false),
    ])
  func ranges(field: String, isPermitted: Bool) {
    #expect(MediaType.json.isAccepted(by: Array(field.utf8)[...]) == isPermitted)
  }

  @Test("what Accept rules out is refused before it is done; problems and empty answers are told")
  func refused() throws {
    try Faces.use { faces in
      let a = try faces.create("a", "u64")
      let html = [("accept", "text/html")]
      let refused = faces.http(.post, "/v1/registers/a/inc", fields: html)
      #expect((refused.status, refused.slug) == (406, "not-acceptable"))
      #expect(faces.value(a) == "0")
      #expect(faces.http(.get, "/v1/registers/a/value", fields: html).status == 406)
      #expect(
        faces.http(.get, "/v1/registers/a/value", fields: [("accept", "text/plain")]).status == 200)
      #expect(faces.http(.put, "/v1/registers/a/value", "3", fields: html).status == 204)
      let both = html + [("accept", "application/json")]
      #expect(faces.http(.get, "/v1/registers/a", fields: both).status == 200)
      #expect(faces.http(.get, "/v1/registers/b", fields: [("accept", "*/*")]).status == 404)
      #expect(faces.http(.delete, "/v1/registers/a", fields: html).status == 204)
    }
  }
}
