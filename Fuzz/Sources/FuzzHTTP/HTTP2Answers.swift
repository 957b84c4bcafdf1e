// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage

/// What a server has said over HTTP/2: frames that are whole and in order, and that a client's
/// session takes as answers to its own requests.
struct HTTP2Answers {
  private struct Frame {
    let type: UInt8
    let flags: UInt8
    let stream: UInt32
    let bytes: ArraySlice<UInt8>
    var isAcknowledgement: Bool { type == 4 && flags & 1 != 0 }

    /// The 32-bit number at `offset` of the payload.
    func number(at offset: Int) -> UInt32 {
      bytes.dropFirst(9 + offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  static func check(_ conversation: Conversation, _ scenario: Scenario) {
    let frames = split(conversation.output)
    checkOrder(frames)
    let last = frames.lazy.map(\.stream).max() ?? 0
    // A client's session opens no more at once.
    guard last < 2 * clientStreams else { return }
    var client = Client(known: scenario.known, upTo: last)
    for frame in frames where !frame.isAcknowledgement { client.hear(frame.bytes) }
    guard scenario.isClean, scenario.isSteady else { return }
    let refused = Set(frames.lazy.filter { $0.type == 3 }.map(\.stream))
    for (stream, request) in scenario.known where !Request.mayVary(request.target) {
      precondition(
        client.statuses[stream] != nil || refused.contains(stream), "a request without an answer")
    }
  }

  private static let clientStreams: UInt32 = 100

  private static func split(_ output: [UInt8]) -> [Frame] {
    var frames: [Frame] = []
    var rest = output[...]
    while !rest.isEmpty {
      precondition(rest.count >= 9, "half a frame's head")
      let head = Array(rest.prefix(9))
      let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      precondition(count <= 16384 && rest.count >= 9 + count, "half a frame, or too long a one")
      let stream = head[5...].reduce(0) { $0 << 8 | UInt32($1) }
      frames.append(
        Frame(type: head[3], flags: head[4], stream: stream, bytes: rest.prefix(9 + count)))
      rest = rest.dropFirst(9 + count)
    }
    return frames
  }

  /// SETTINGS come first; a stream is a client's, and nothing follows its end but a reset.
  private static func checkOrder(_ frames: [Frame]) {
    guard let first = frames.first else { return }
    precondition(first.type == 4 && first.flags == 0, "SETTINGS do not come first")
    var begun: Set<UInt32> = []
    var ended: Set<UInt32> = []
    for frame in frames {
      precondition([0, 1, 3, 4, 6, 7, 8].contains(frame.type), "a frame of type \(frame.type)")
      if [4, 6, 7].contains(frame.type) {
        precondition(frame.stream == 0, "a stream of the connection's own frames")
      } else if frame.type != 8 || frame.stream != 0 {
        precondition(frame.stream & 1 == 1, "a stream that no client has opened")
      }
      switch frame.type {
      case 0:
        precondition(begun.contains(frame.stream), "a body without a head")
        precondition(!ended.contains(frame.stream), "a body behind its end")
      case 1:
        precondition(!ended.contains(frame.stream), "a head behind an end")
        begun.insert(frame.stream)
      default: break
      }
      if frame.type < 2, frame.flags & 1 != 0 { ended.insert(frame.stream) }
      if frame.type == 3 { ended.insert(frame.stream) }
    }
  }

  /// A client whose requests are all out.
  private struct Client {
    private(set) var statuses: [UInt32: Int] = [:]
    private var types: [UInt32: String] = [:]
    private var bodies: [UInt32: [UInt8]] = [:]
    private let session: HTTP2Session
    private let known: [UInt32: Request]

    init(known: [UInt32: Request], upTo last: UInt32) {
      self.known = known
      guard let session = try? HTTP2Session(role: .client) else { preconditionFailure("no client") }
      self.session = session
      for stream in stride(from: 1, through: last, by: 2) {
        let isHead = known[stream]?.method == "HEAD"
        let opened = try? session.submit(
          HTTPRequest(
            method: isHead ? .head : .get, target: Array("/".utf8),
            authority: Array("localhost".utf8)),
          inPieces: true)
        precondition(opened == stream)
      }
      session.takeOutput(upTo: .max) { _ in }
    }

    mutating func hear(_ bytes: ArraySlice<UInt8>) {
      guard (try? session.receive(Array(bytes).span)) != nil else {
        preconditionFailure("a client does not understand the server")
      }
      while let event = session.nextEvent() {
        switch event {
        case .responseHead(let head, let stream):
          precondition(100...599 ~= head.status, "no status")
          statuses[stream] = head.status
          types[stream] = head.fields.text("content-type")
        case .piece(let bytes, let stream): bodies[stream, default: []] += bytes
        case .responseEnd(let stream):
          checkJSON(statuses[stream] ?? 0, types[stream], bodies[stream] ?? [])
        case .closed, .response: break
        case .request, .rejected: preconditionFailure("a client is asked something")
        }
      }
      var answer: [UInt8] = []
      session.takeOutput(into: &answer)
      for frame in HTTP2Answers.split(answer) {
        precondition(
          frame.type != 7 || frame.number(at: 4) == 0, "a client ends the connection for an error")
        // Of a request that was changed on its way nobody knows what the answer has to be.
        precondition(
          frame.type != 3 || known[frame.stream] == nil, "a client resets the answer to a request")
      }
    }
  }
}
