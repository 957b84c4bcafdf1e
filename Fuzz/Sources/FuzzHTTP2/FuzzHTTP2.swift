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
    for inPieces in [false, true] {
      _ = try? session.submit(
        HTTPRequest(method: .get, target: Array("/".utf8)), inPieces: inPieces)
    }
  } else {
    input = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  }
  input += bytes.dropFirst()

  var server = Answering(session)
  var client = Reading(session)
  var rest = input[...]
  while !rest.isEmpty {
    let piece = rest.prefix(pieceSize)
    rest = rest.dropFirst(piece.count)
    let hasFailed = (try? session.receive(Array(piece).span)) == nil
    if isClient { client.turn() } else { server.turn() }
    if hasFailed || session.isFinished { return }
  }
  session.beginShutdown()
  if isClient { client.turn() } else { server.turn() }
  server.finishAll()
  session.releaseIdleMemory()
  if isClient { client.turn() } else { server.turn() }
}

/// A server that answers by turns at once, later, and in pieces that never end by themselves.
private struct Answering {
  private let session: HTTP2Session
  /// Streams whose answers are not complete, and whether they have begun.
  private var open: [UInt32: Bool] = [:]
  private var count = 0

  init(_ session: HTTP2Session) { self.session = session }

  mutating func turn() {
    forgetClosed()
    goOn()
    var output: [UInt8] = []
    repeat {
      while answer() {}
      session.takeOutput(into: &output, upTo: 1 << 20)
      forgetClosed()
    } while session.hasEvents && output.count < 1 << 20
    let unsent = open.keys.reduce(0) { $0 + session.unsentBytes(of: $1) }
    precondition(unsent <= session.unsentBytes, "more waits for some streams than for all")
    precondition(open.count <= session.openStreams, "a stream ended without a word")
  }

  mutating func finishAll() {
    for (stream, hasBegun) in open where hasBegun { session.finish(stream) }
    open = open.filter { !$0.value }
  }

  private mutating func answer() -> Bool {
    count += 1
    let delivery: HTTPDelivery = [.whole, .later, .piecewise][count % 3]
    var stream: UInt32 = 0
    let isThere = session.answerNext { request, rejection, response in
      stream = request.stream
      response.status = rejection?.status ?? 200
      response.delivery = delivery
      response.body = request.body
    }
    guard isThere else { return false }
    if delivery != .whole { open[stream] = delivery == .piecewise }
    return true
  }

  /// Adds to what has begun, and begins what has not, if only every other turn.
  private mutating func goOn() {
    for (stream, hasBegun) in open {
      if hasBegun {
        // A slow reader is fed no more than it takes.
        if session.unsentBytes(of: stream) < 100 {
          precondition(
            session.append([UInt8](repeating: 0x78, count: 50).span, to: stream),
            "an open answer takes no more")
        }
      } else if stream % 4 == 1 {
        var response = HTTPResponse(status: 200, body: [0x78])
        response.delivery = .piecewise
        precondition(session.respond(response, to: stream), "a request that waits takes no answer")
        open[stream] = true
      } else {
        precondition(
          session.respond(HTTPResponse(status: 200), to: stream),
          "a request that waits takes no answer")
        open[stream] = nil
      }
    }
    forgetClosed()
  }

  private mutating func forgetClosed() {
    while let stream = session.nextClosed() {
      precondition(open.removeValue(forKey: stream) != nil, "an end is told twice")
      precondition(!session.append([1].span, to: stream), "an ended stream takes more")
    }
  }
}

/// A client whose responses come whole, or head, pieces and end in this order.
private struct Reading {
  private let session: HTTP2Session
  /// Streams whose response has begun, and those whose has ended.
  private var begun: Set<UInt32> = []
  private var ended: Set<UInt32> = []

  init(_ session: HTTP2Session) { self.session = session }

  mutating func turn() {
    while let event = session.nextEvent() {
      switch event {
      case .response(_, let stream): end(stream)
      case .responseHead(let head, let stream):
        precondition(head.body.isEmpty && begun.insert(stream).inserted, "a second head")
      case .piece(let bytes, let stream):
        precondition(!bytes.isEmpty && begun.contains(stream), "a piece without a head")
        precondition(!ended.contains(stream), "a piece after the end")
      case .responseEnd(let stream):
        precondition(begun.contains(stream), "an end without a head")
        end(stream)
      case .closed(let stream, _): end(stream)
      case .request, .rejected: preconditionFailure("a client is asked something")
      }
    }
    var output: [UInt8] = []
    session.takeOutput(into: &output, upTo: 1 << 20)
  }

  private mutating func end(_ stream: UInt32) {
    precondition(ended.insert(stream).inserted, "a second end")
  }
}
