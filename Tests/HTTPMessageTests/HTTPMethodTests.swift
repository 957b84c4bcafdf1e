// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import Testing

@Suite struct HTTPMethodTests {
  @Test("every method reads its own name", arguments: HTTPMethod.allCases)
  func names(method: HTTPMethod) {
    #expect(HTTPMethod(method.name.utf8.span) == method)
  }

  @Test("anything else is another method", arguments: ["get", "GETS", "GE", "PATCH", " GET", ""])
  func other(token: String) {
    #expect(HTTPMethod(token.utf8.span) == .other)
  }

  @Test("every rejection has a status of its own and a slug", arguments: HTTPRejection.allCases)
  func rejections(rejection: HTTPRejection) {
    #expect(HTTPRejection.allCases.filter { $0.status == rejection.status } == [rejection])
    #expect(HTTPRejection.allCases.filter { $0.slug == rejection.slug } == [rejection])
  }
}
