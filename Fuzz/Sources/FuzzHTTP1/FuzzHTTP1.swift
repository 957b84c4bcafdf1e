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

/// One connection from its first byte to its end. Every request is answered with its own body: at
/// once, later, in pieces that are all there, or in pieces whose end comes later.
private struct Exchange {
  private(set) var events: [HTTPEvent] = []
  private(set) var output: [UInt8] = []
  private let session = HTTP1Session()
  /// The request whose answer is still to come, and what is left of it.
  private var owed: (request: HTTPRequest, hasBegun: Bool)?

  init(_ bytes: [UInt8], pieceSize: Int) {
    var rest = bytes[...]
    while !rest.isEmpty {
      var piece = rest.prefix(pieceSize)
      rest = rest.dropFirst(piece.count)
      while !piece.isEmpty {
        let taken = session.receive(Array(piece).span)
        piece = piece.dropFirst(taken)
        precondition(
          taken > 0 || session.hasEvents || owed != nil, "the session neither reads nor tells")
        answer()
      }
    }
    session.endInput()
    repeat { answer() } while session.hasEvents || owed != nil
    precondition(session.isFinished, "a connection whose answers are out goes on")
    // Whether a body was asked for depends on whether it was there already.
    output = Self.removing(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), from: output)
  }

  private mutating func answer() {
    settle()
    while owed == nil, session.hasEvents {
      if events.count % 3 == 0 { answerEvent() } else { answerLent() }
      take()
    }
    take()
  }

  /// Gives what is owed.
  private mutating func settle() {
    guard let (request, hasBegun) = owed else { return }
    owed = nil
    precondition(!session.hasEvents, "a request is lent before the answer to the one before it")
    if hasBegun {
      precondition(session.unsentBytes(of: request.stream) == 0, "output was left behind")
      precondition(
        session.append(request.body.span, to: request.stream), "an open answer takes no more")
      session.finish(request.stream)
    } else {
      precondition(
        session.respond(HTTPResponse(status: 200, body: request.body), to: request.stream),
        "a request that waits takes no answer")
    }
    precondition(
      !session.append([0x78].span, to: request.stream), "an answer goes on after its end")
  }

  private mutating func answerEvent() {
    guard let event = session.nextEvent() else { return }
    events.append(event)
    switch event {
    case .request(let request):
      session.respond(HTTPResponse(status: 200, body: request.body), to: request.stream)
    case .rejected(let rejection, let stream):
      session.respond(HTTPResponse(status: rejection.status), to: stream)
    case .response, .responseHead, .piece, .responseEnd, .closed: break
    }
  }

  /// How a request is answered depends on nothing but the request.
  private mutating func answerLent() {
    var lent: HTTPRequest?
    var reason: HTTPRejection?
    var choice: UInt32 = 0
    _ = session.answerNext { request, rejection, response in
      lent = copy request
      reason = rejection
      choice = (request.stream &+ UInt32(request.target.count)) % 4
      response.status = rejection?.status ?? 200
      if choice == 1 { response.delivery = .later }
      if choice > 1 { response.delivery = .piecewise }
      if choice != 1 { response.body = request.body }
    }
    guard let request = lent else { return }
    events.append(
      reason.map { .rejected($0, stream: request.stream) } ?? .request(request))
    if choice == 1 { owed = (request, false) }
    guard choice > 1 else { return }
    if session.nextClosed() == request.stream {
      precondition(request.method == .head, "an answer in pieces was cut off")
      return
    }
    take()
    precondition(session.append(request.body.span, to: request.stream), "it takes no more")
    if choice == 2 { session.finish(request.stream) } else { owed = (request, true) }
  }

  private mutating func take() {
    var piece: [UInt8] = []
    session.takeOutput(into: &piece)
    output += piece
  }

  private static func removing(_ text: [UInt8], from bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if rest.starts(with: text) {
        rest = rest.dropFirst(text.count)
      } else {
        result.append(byte)
        rest = rest.dropFirst()
      }
    }
    return result
  }
}
