// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage

/// What a session said and sent after a whole conversation.
struct Exchange {
  var requests: [HTTPRequest] = []
  var rejections: [HTTPRejection] = []
  var output = ""
  var session: HTTP1Session

  /// Feeds `input` in pieces of `chunk` bytes; answers 200 with the target, or the rejection.
  init(
    _ input: String, chunk: Int = .max, limits: HTTPLimits = HTTPLimits(), endInput: Bool = false
  ) {
    self.init(bytes: Array(input.utf8), chunk: chunk, limits: limits, endInput: endInput)
  }

  init(
    bytes: [UInt8], chunk: Int = .max, limits: HTTPLimits = HTTPLimits(), endInput: Bool = false
  ) {
    session = HTTP1Session(limits: limits)
    var start = 0
    while start < bytes.count {
      let end = chunk < bytes.count - start ? start + chunk : bytes.count
      let taken = session.receive(bytes.span.extracting(start..<end))
      start += taken
      let answered = answer()
      if taken == 0, !answered { break }
    }
    if endInput { session.endInput() }
    _ = answer()
  }

  private mutating func answer() -> Bool {
    var hasAnswered = false
    while let event = session.nextEvent() {
      hasAnswered = true
      switch event {
      case .request(let request):
        requests.append(request)
        session.respond(HTTPResponse(status: 200, body: request.target), to: request.stream)
      case .rejected(let rejection, let stream):
        rejections.append(rejection)
        session.respond(HTTPResponse(status: rejection.status), to: stream)
      case .response, .responseHead, .piece, .responseEnd, .closed:
        break
      }
    }
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes)
    output += String(decoding: bytes, as: UTF8.self)
    return hasAnswered
  }
}
