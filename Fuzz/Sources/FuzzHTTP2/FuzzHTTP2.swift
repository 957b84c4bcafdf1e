// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// The first byte chooses the role (bit 0: client) and the size of the pieces (0: all at once);
/// the rest is what the peer sends after its preface.
private func fuzz(_ bytes: [UInt8]) {
  guard let choice = bytes.first else { return }
  let pieceSize = choice >> 1 == 0 ? Int.max : Int(choice >> 1)
  let isClient = choice & 1 == 1
  guard let session = try? HTTP2Session(role: isClient ? .client : .server) else { return }
  var input: [UInt8] = []
  if isClient {
    _ = try? session.submit(HTTPRequest(method: .get, target: Array("/".utf8)))
  } else {
    input = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  }
  input += bytes.dropFirst()

  var rest = input[...]
  while !rest.isEmpty {
    let piece = rest.prefix(pieceSize)
    rest = rest.dropFirst(piece.count)
    let hasFailed = (try? session.receive(Array(piece).span)) == nil
    answer(session)
    if hasFailed || session.isFinished { return }
  }
  session.beginShutdown()
  answer(session)
}

private func answer(_ session: HTTP2Session) {
  var output: [UInt8] = []
  repeat {
    while let event = session.nextEvent() {
      switch event {
      case .request(let request):
        session.respond(HTTPResponse(status: 200, body: request.body), to: request.stream)
      case .rejected(let rejection, let stream):
        session.respond(HTTPResponse(status: rejection.status), to: stream)
      case .response, .responseHead, .piece, .responseEnd, .closed: break
      }
    }
    session.takeOutput(into: &output, upTo: 1 << 20)
  } while session.hasEvents && output.count < 1 << 20
}
