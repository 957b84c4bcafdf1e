// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

@Suite struct HTTP2SessionTests {
  @Test("a request and its response arrive whole, in pieces of any size", arguments: [1, 7, 4096])
  func roundTrip(chunk: Int) throws {
    let pair = try Pair()
    pair.server.setDate(HTTPDate.text(unixSeconds: 784_111_777), seconds: 784_111_777)
    let stream = try pair.client.submit(
      request(.post, "/v1/registers/a?b=c", body: Array("{}".utf8), fields: [("x-y", "z")]))
    var seen: HTTPRequest?
    let events = try pair.run(chunk: chunk) { event in
      if case .request(let request) = event { seen = request }
      return Pair.echo(event)
    }
    let request = try #require(seen)
    #expect(request.method == .post)
    #expect(request.target == Array("/v1/registers/a?b=c".utf8))
    #expect(request.authority == Array("localhost:7070".utf8))
    #expect(request.scheme == .http)
    #expect(request.fields.text("x-y") == "z")
    #expect(request.fields.text("content-length") == "2")
    #expect(request.body == Array("{}".utf8))
    guard case .response(let response, stream)? = events.first, events.count == 1 else {
      Issue.record("not one response: \(events)")
      return
    }
    #expect(response.status == 200)
    #expect(response.body == Array("{}".utf8))
    #expect(response.fields.text("x-target") == "/v1/registers/a?b=c")
    #expect(response.fields.text("content-length") == "2")
    #expect(response.fields.text("date") == "Sun, 06 Nov 1994 08:49:37 GMT")
  }
}
