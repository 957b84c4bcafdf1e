// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage

/// A client and a server session that talk in memory.
struct Pair {
  let client: HTTP2Session
  let server: HTTP2Session

  init(
    clientLimits: HTTPLimits = HTTPLimits(), serverLimits: HTTPLimits = HTTPLimits()
  ) throws {
    client = try HTTP2Session(role: .client, limits: clientLimits)
    server = try HTTP2Session(role: .server, limits: serverLimits)
  }

  /// Carries bytes in pieces of `chunk` bytes until neither side has anything to say.
  ///
  /// - Returns: The client's events. `answer` makes the server's responses.
  @discardableResult
  func run(
    chunk: Int = 4096, answer: (HTTPEvent) -> (HTTPResponse, UInt32)? = Pair.echo
  ) throws -> [HTTPEvent] {
    var events: [HTTPEvent] = []
    var isQuiet = false
    while !isQuiet {
      isQuiet = true
      var toServer: [UInt8] = []
      client.takeOutput(into: &toServer)
      try Pair.deliver(toServer, to: server, chunk: chunk)
      while let event = server.nextEvent() {
        isQuiet = false
        if let (response, stream) = answer(event) { server.respond(response, to: stream) }
      }
      var toClient: [UInt8] = []
      server.takeOutput(into: &toClient)
      try Pair.deliver(toClient, to: client, chunk: chunk)
      while let event = client.nextEvent() {
        isQuiet = false
        events.append(event)
      }
      if !toServer.isEmpty || !toClient.isEmpty { isQuiet = false }
    }
    return events
  }

  static func deliver(_ bytes: [UInt8], to session: HTTP2Session, chunk: Int) throws {
    var start = 0
    while start < bytes.count {
      let end = min(start + chunk, bytes.count)
      try session.receive(bytes.span.extracting(start..<end))
      start = end
    }
  }

  /// 200 with the body of the request, and its target in a field; rejections with their status.
  static func echo(_ event: HTTPEvent) -> (HTTPResponse, UInt32)? {
    switch event {
    case .request(let request):
      var fields = HTTPFields()
      fields.append(name: "x-target", value: request.target)
      return (HTTPResponse(status: 200, fields: fields, body: request.body), request.stream)
    case .rejected(let rejection, let stream):
      return (HTTPResponse(status: rejection.status), stream)
    case .response, .responseHead, .piece, .responseEnd, .closed:
      return nil
    }
  }
}

/// A request as clients make it.
func request(
  _ method: HTTPMethod, _ target: String, body: [UInt8] = [], fields: [(String, String)] = []
) -> HTTPRequest {
  var all = HTTPFields()
  for (name, value) in fields { all.append(name: name, value: value) }
  return HTTPRequest(
    method: method, target: Array(target.utf8), authority: Array("localhost:7070".utf8),
    fields: all, body: body)
}
