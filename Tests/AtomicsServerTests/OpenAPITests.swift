// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import HTTPMessage
import Testing

@testable import AtomicsServer

/// The document at `/openapi.json`.
@Suite struct OpenAPITests {
  @Test("it is served with a tag, and not twice to whom has it")
  func resource() throws {
    try Faces.use { faces in
      let answer = faces.http(.get, "/openapi.json")
      #expect(answer.status == 200)
      #expect(answer.fields.text("content-type") == "application/json")
      let tag = try #require(answer.fields.text("etag"))
      let again = faces.http(.get, "/openapi.json", fields: [("if-none-match", tag)])
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      let other = faces.http(.get, "/openapi.json", fields: [("if-none-match", "\"0\"")])
      #expect(other.status == 200)
      #expect(other.body == answer.body)
      #expect(faces.http(.get, "/openapi.json?x=1").slug == "unknown-member")
      #expect(faces.http(.post, "/openapi.json").fields.text("allow") == "GET, HEAD, OPTIONS")
      let matched = faces.http(.get, "/openapi.json", fields: [("if-match", tag)])
      #expect(matched.slug == "precondition-unsupported")
    }
  }

  @Test("every operation of the table has its path, and every method that a resource has is there")
  func paths() throws {
    try Faces.use { faces in
      let paths = try #require(faces.http(.get, "/openapi.json").members["paths"] as? [String: Any])
      for operation in OperationName.all {
        #expect(paths["/v1/registers/{name}/\(operation.name)"] != nil, "\(operation.name)")
      }
      let others = JSONAPI.Resource.Kind.allCases.count - 1
      #expect(paths.count == OperationName.all.count + others)
      for (path, item) in paths {
        let target = path.replacing("{name}", with: "a")
        let allow = faces.http(.options, target).fields.text("allow")
        let methods = try #require((item as? [String: Any])?.keys.map { $0.uppercased() })
        let allowed = allow?.components(separatedBy: ", ").filter { $0 != "OPTIONS" }
        #expect(allowed.map(Set.init) == Set(methods), "\(path)")
      }
    }
  }

  @Test("limits are those of the configuration, and who must say who they are is told")
  func configured() throws {
    var limits = ServerLimits()
    limits.batchOperations = 17
    limits.waitLimitNanoseconds = 1_234_000_000
    func members(_ openAPI: OpenAPI) throws -> [String: Any] {
      let text = Data(openAPI.document.text)
      return try #require(JSONSerialization.jsonObject(with: text) as? [String: Any])
    }
    let open = try members(OpenAPI(limits, isAccessControlled: false))
    let schemas = (open["components"] as? [String: Any])?["schemas"] as? [String: Any]
    let batch = (schemas?["Batch"] as? [String: Any])?["properties"] as? [String: Any]
    #expect((batch?["operations"] as? [String: Any])?["maxItems"] as? Int == 17)
    let time = (schemas?["WaitTime"] as? [String: Any])?["anyOf"] as? [[String: Any]]
    #expect(time?.first?["maximum"] as? Int == 1234)
    #expect(open["security"] == nil)
    let closed = try members(OpenAPI(limits, isAccessControlled: true))
    #expect(closed["security"] as? [[String: [String]]] == [["bearer": []]])
    let paths = closed["paths"] as? [String: [String: [String: Any]]]
    #expect(paths?["/livez"]?["get"]?["security"] as? [[String: [String]]] == [])
    #expect(paths?["/v1/registers"]?["get"]?["security"] == nil)
  }

  @Test(
    "digits of numbers up to a limit are told apart from those of greater ones",
    arguments: [0, 1, 9, 10, 99, 100, 127, 1000, 1234, 20000])
  func digits(limit: UInt64) throws {
    let pattern = try Regex("^\(OpenAPI.digitsPattern(upTo: limit))$")
    for number in 0...(limit + 1200) {
      let isThere = try pattern.wholeMatch(in: "\(number)") != nil
      #expect(isThere == (number <= limit), "\(number)")
    }
    #expect(try pattern.wholeMatch(in: "000\(limit)") != nil)
    #expect(try pattern.wholeMatch(in: "") == nil)
    let greatest = try Regex("^\(OpenAPI.digitsPattern(upTo: .max))$")
    #expect(try greatest.wholeMatch(in: "\(UInt64.max)") != nil)
    #expect(try greatest.wholeMatch(in: "18446744073709551616") == nil)
  }
}
