// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

/// Requests and responses are lent in buffers that are used again: what one had, no other may see.
@Suite struct LendingTests {
  @Test("no request sees what another one in the same buffers had", arguments: [1, 7, 1 << 20])
  func reuse(chunk: Int) {
    let session = HTTP1Session()
    var input = ""
    var expected: [String] = []
    for number in 0..<100 {
      let target = "/" + String(repeating: "t", count: number * 31 % 200)
      let body = String(repeating: "b", count: number % 5 == 0 ? 6000 + number : 0)
      let tag = number % 3 == 0 ? "tag-\(number)" : nil
      input += "POST \(target) HTTP/1.1\r\nHost: \(number % 2 == 0 ? "a" : "localhost")\r\n"
      if let tag { input += "X-Tag: \(tag)\r\n" }
      if !body.isEmpty { input += "Content-Length: \(body.utf8.count)\r\n" }
      input += "\r\n" + body
      let host = number % 2 == 0 ? "a" : "localhost"
      expected.append("\(target) \(host) \(tag ?? "none") \(body.utf8.count)")
    }
    var seen: [String] = []
    let bytes = Array(input.utf8)
    var start = 0
    while start < bytes.count {
      let end = min(start + chunk, bytes.count)
      start += session.receive(bytes.span.extracting(start..<end))
      while session.answerNext({ request, rejection, response in
        #expect(rejection == nil && response == HTTPResponse(status: 0))
        let target = String(decoding: request.target, as: UTF8.self)
        let host = String(decoding: request.authority ?? [], as: UTF8.self)
        let tag = request.fields.text("x-tag") ?? "none"
        seen.append("\(target) \(host) \(tag) \(request.body.count)")
        response.status = 200
        response.body = Array("\(seen.count)".utf8)
      }) {}
    }
    #expect(seen == expected)
    var output: [UInt8] = []
    session.takeOutput(into: &output)
    let answers = String(decoding: output, as: UTF8.self)
    #expect(answers.hasPrefix("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1"))
    #expect(answers.hasSuffix("\r\n\r\n100"))
  }

  @Test("requests lent at once and answered later keep their order")
  func mixed() {
    let session = HTTP1Session()
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    _ = session.receive(Array((get + get).utf8).span)
    guard case .request(let first)? = session.nextEvent() else {
      Issue.record("no request")
      return
    }
    let hasAnswered = session.answerNext { _, _, response in
      response.status = 200
      response.body = [0x32]
    }
    #expect(hasAnswered)
    #expect(!session.hasOutput)
    session.respond(HTTPResponse(status: 200, body: [0x31]), to: first.stream)
    var output: [UInt8] = []
    session.takeOutput(into: &output)
    let answers = String(decoding: output, as: UTF8.self)
    #expect(answers.contains("\r\n\r\n1HTTP/1.1 200 OK\r\n") && answers.hasSuffix("\r\n\r\n2"))
    #expect(session.openStreams == 0 && !session.hasEvents)
  }

  @Test("what a body is and that it is not to be stored goes out as fields")
  func contents() {
    for content in [HTTPContent.json, .problem, .plainText, .eventStream, nil] {
      let session = HTTP1Session()
      _ = session.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).span)
      _ = session.answerNext { _, _, response in
        response.status = 200
        response.content = content
        response.isNeverStored = content != nil
      }
      var output: [UInt8] = []
      session.takeOutput(into: &output)
      let lines = content.map {
        "content-type: \($0.mediaType)\r\ncache-control: no-store\r\n"
      }
      #expect(
        String(decoding: output, as: UTF8.self)
          == "HTTP/1.1 200 OK\r\n\(lines ?? "")content-length: 0\r\n\r\n")
    }
  }
}
