// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

/// A head that comes again byte by byte means the same, and nothing else means it.
@Suite struct KnownHeadTests {
  private static func head(
    _ target: String, _ method: String = "GET", _ fields: String = ""
  ) -> String { "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

  @Test("requests in the same words are each handed over whole", arguments: [Int.max, 1000, 61, 1])
  func same(chunk: Int) {
    let get = Self.head("/one", "GET", "accept: x\r\nx-field: y\r\n")
    let put = Self.head("/two", "PUT", "content-length: 3\r\n")
    let input =
      String(repeating: get, count: 5) + put + "abc" + put + "def" + get + get + put + "ghi"
    let exchange = Exchange(input, chunk: chunk)
    #expect(exchange.rejections.isEmpty)
    #expect(
      exchange.requests.map { String(decoding: $0.body, as: UTF8.self) }
        == ["", "", "", "", "", "abc", "def", "", "", "ghi"])
    for (index, request) in exchange.requests.enumerated() {
      let isGet = request.body.isEmpty
      #expect(request.method == (isGet ? .get : .put))
      #expect(request.target == Array((isGet ? "/one" : "/two").utf8))
      #expect(request.authority == [0x61] && request.fields.count == (isGet ? 3 : 2))
      #expect(request.fields.text("x-field") == (isGet ? "y" : nil))
      #expect(request.stream == UInt32(index + 1) && request.keepAlive)
    }
    #expect(exchange.output.split(separator: "HTTP/1.1 200 OK").count == 10)
  }

  @Test("pipelined ones wait in line, and are lent as the first one was")
  func lent() {
    let session = HTTP1Session()
    let one = Array(Self.head("/one").utf8)
    for round in 0..<3 {
      for _ in 0..<4 { #expect(session.receive(one.span) == one.count) }
      var count = 0
      while session.answerNext({ request, rejection, response in
        let isWhole =
          rejection == nil && request.target == Array("/one".utf8) && request.fields.count == 1
          && request.body.isEmpty
        #expect(isWhole)
        response.status = 204
        count += 1
      }) {}
      #expect(count == 4, "round \(round)")
    }
  }

  @Test("a request that is answered while it is lent leaves nothing behind for the next one")
  func answeredWhileLent() {
    let session = HTTP1Session()
    let one = Array(Self.head("/one").utf8)
    for number in 1...4 as ClosedRange<UInt32> {
      #expect(session.receive(one.span) == one.count)
      var target: [UInt8] = []
      let hasAnswered = session.answerNext { request, _, response in
        target = request.target
        response.status = 200
        session.respond(HTTPResponse(status: 204), to: number)
      }
      #expect(hasAnswered && target == Array("/one".utf8))
    }
    #expect(session.openStreams == 0)
  }

  @Test(
    "one other byte is read as what it is",
    arguments: [
      ("GET /one HTTP/1.1\r\nHost: b\r\n\r\n", nil), ("HEAD /one HTTP/1.1\r\nHost: a\r\n\r\n", nil),
      ("GET /one HTTP/1.1\nHost: a\r\n\r\n", .malformed),
      ("GET /one HTTP/1.1\r\nHost:  a\r\nHost: a\r\n\r\n", .malformed),
      ("GET /one HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", nil),
    ] as [(String, HTTPRejection?)])
  func other(last: String, rejection: HTTPRejection?) {
    let exchange = Exchange(Self.head("/one") + Self.head("/one") + last)
    #expect(exchange.requests.count == (rejection == nil ? 3 : 2))
    #expect(exchange.rejections == (rejection.map { [$0] } ?? []))
    guard rejection == nil, let request = exchange.requests.last else { return }
    #expect(request.method == (last.hasPrefix("HEAD") ? .head : .get))
    #expect(request.authority == (last.contains("Host: b") ? [0x62] : [0x61]))
    #expect(request.keepAlive == !last.contains("close"))
  }

  @Test("after idle memory was released the words are read anew")
  func release() {
    let session = HTTP1Session()
    let one = Array(Self.head("/one").utf8)
    for _ in 0..<3 {
      for _ in 0..<2 {
        #expect(session.receive(one.span) == one.count)
        var target: [UInt8] = []
        let hasAnswered = session.answerNext { request, _, response in
          target = request.target
          response.status = 204
        }
        #expect(hasAnswered && target == Array("/one".utf8))
      }
      session.releaseIdleMemory()
    }
  }
}
