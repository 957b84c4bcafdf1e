// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// A connection's bytes, at once and then in pieces: what comes out must not depend on where the
/// network cuts.
private func fuzz(_ bytes: [UInt8]) {
  let whole = Exchange(bytes, pieceSize: max(bytes.count, 1))
  for pieceSize in [1, 7] {
    let pieces = Exchange(bytes, pieceSize: pieceSize)
    precondition(pieces.events == whole.events, "the pieces change the events")
    precondition(pieces.output == whole.output, "the pieces change the answers")
  }
}

/// One connection from its first byte to its end, every request answered with its own body.
private struct Exchange {
  private(set) var events: [HTTPEvent] = []
  private(set) var output: [UInt8] = []
  private let session = HTTP1Session()

  init(_ bytes: [UInt8], pieceSize: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      var piece = rest.prefix(pieceSize)
      rest = rest.dropFirst(piece.count)
      while !piece.isEmpty {
        let taken = session.receive(Array(piece).span)
        piece = piece.dropFirst(taken)
        precondition(taken > 0 || session.hasEvents, "the session neither reads nor tells")
        answer()
      }
    }
    session.endInput()
    answer()
  }

  private mutating func answer() {
    while let event = session.nextEvent() {
      events.append(event)
      switch event {
      case .request(let request):
        session.respond(HTTPResponse(status: 200, body: request.body), to: request.stream)
      case .rejected(let rejection, let stream):
        session.respond(HTTPResponse(status: rejection.status), to: stream)
      case .response, .responseHead, .piece, .responseEnd, .closed: break
      }
      take()
    }
    take()
  }

  private mutating func take() {
    var piece: [UInt8] = []
    session.takeOutput(into: &piece)
    output += piece
  }
}
