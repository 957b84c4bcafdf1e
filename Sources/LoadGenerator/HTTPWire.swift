// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import HTTP2Session
import HTTPMessage

/// HTTP/2 with prior knowledge and JSON: every operation is a request on a stream of its own.
struct HTTPWire: LoadWire {
  private enum Step {
    case making, loaded, deleting
  }

  private let target: String
  private let plan: LoadPlan
  private let session: HTTP2Session
  private let authority: [UInt8]
  private let authorization: [UInt8]?
  private var step = Step.making
  /// The names to make or to delete, by number.
  private var names: [Int]
  private var window: SetupWindow
  private var made: [Int] = []
  /// Which name a stream of the setup is about.
  private var asked: [UInt32: Int] = [:]
  private var requests: [HTTPRequest] = []
  private var next = 0
  private var hasGreeted = false
  /// The stream of the load's first request: the others follow at a distance of 2.
  private var firstStream: UInt32?
  private(set) var answered: [Int]?
  /// What the session gives, on its way to the connection's buffer.
  private var scratch: [UInt8] = []

  /// Requests of the setup that are sent ahead of their answers: less than servers allow streams.
  private static let windowWidth = 64

  init(_ target: LoadTarget, _ plan: LoadPlan, _ sequence: RequestSequence) throws(ClientError) {
    self.target = target.text
    self.plan = plan
    names = sequence.share
    window = SetupWindow(count: names.count, width: Self.windowWidth)
    authority = Array(target.text.dropFirst("http://".count).prefix { $0 != "/" }.utf8)
    let token = target == plan.targets.first ? plan.token : nil
    authorization = token.map { Array("Bearer \($0.secret)".utf8) }
    do throws(HTTP2Error) {
      session = try HTTP2Session(role: .client)
    } catch {
      throw .connectionLost(reason: "no HTTP/2 session can be made", applied: .no)
    }
    for request in sequence.requests {
      let part = plan.mix.parts[request.part]
      requests.append(
        message(JSONRequest(performing: part.request, on: plan.names.name(at: request.name))))
    }
  }

  private func message(_ request: JSONRequest) -> HTTPRequest {
    var fields = HTTPFields()
    if !request.body.isEmpty { fields.append(name: "content-type", value: "application/json") }
    if let authorization { fields.append(name: "authorization", value: authorization) }
    return HTTPRequest(
      method: request.method, target: Array(request.target.utf8), authority: authority,
      fields: fields, body: request.body)
  }

  var isSettled: Bool { window.isDone && hasGreeted }

  mutating func begin(into output: inout OutputBuffer) {
    // What cannot be submitted now fails the connection when its answer is missing.
    try? ask()
    pump(&output)
  }

  mutating func settle(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    try receive(input) { wire, response, stream throws(ClientError) in
      try wire.take(response, on: stream)
    }
    try ask()
    pump(&output)
    if isSettled, step == .making { step = .loaded }
    return input.count
  }

  private mutating func take(
    _ response: HTTPResponse, on stream: UInt32
  ) throws(ClientError) {
    guard let index = asked.removeValue(forKey: stream), window.answer() != nil else {
      throw .protocolViolation("an answer to no request")
    }
    // Somebody else may have deleted it.
    if step == .deleting, response.status == 404 || response.status == 410 { return }
    try check(response)
    if step == .making, response.status == 201 { made.append(names[index]) }
  }

  private mutating func ask() throws(ClientError) {
    for index in window.next() {
      let name = plan.names.name(at: names[index])
      let request =
        step == .deleting
        ? JSONRequest(deleting: name)
        : JSONRequest(creating: RegisterPlan(name: name, type: .u64))
      asked[try submit(message(request))] = index
    }
  }

  private func submit(_ request: HTTPRequest) throws(ClientError) -> UInt32 {
    do throws(HTTP2Error) {
      return try session.submit(request)
    } catch {
      throw .connectionLost(reason: "\(target) takes no more requests", applied: .no)
    }
  }

  mutating func append(_ count: Int, to output: inout OutputBuffer) throws(ClientError) {
    for _ in 0..<count {
      let stream = try submit(requests[next])
      if firstStream == nil { firstStream = stream }
      next = next + 1 == requests.count ? 0 : next + 1
    }
    pump(&output)
  }

  mutating func take(
    _ input: Span<UInt8>, into output: inout OutputBuffer
  ) throws(ClientError) -> Int {
    var replies = 0
    if plan.rate != nil { answered = [] }
    try receive(input) { wire, response, stream throws(ClientError) in
      try wire.check(response)
      replies += 1
      let distance = Int(stream) - Int(wire.firstStream ?? stream)
      wire.answered?.append(distance / 2)
    }
    pump(&output)
    return replies
  }

  mutating func beginCleaning(into output: inout OutputBuffer) {
    step = .deleting
    names = made
    made = []
    window = SetupWindow(count: names.count, width: Self.windowWidth)
    try? ask()
    pump(&output)
  }

  // MARK: - The session

  private mutating func receive(
    _ input: Span<UInt8>,
    _ body: (inout HTTPWire, HTTPResponse, UInt32) throws(ClientError) -> Void
  ) throws(ClientError) {
    let foreign = ClientError.protocolViolation("it does not speak HTTP/2 with prior knowledge")
    // RFC 9113 §3.4: a server begins with SETTINGS, whose length has a first byte of 0.
    if !hasGreeted, input.count > 0 {
      guard input[0] == 0 else { throw foreign }
      hasGreeted = true
    }
    do throws(HTTP2Error) {
      try session.receive(input)
    } catch {
      throw foreign
    }
    while let event = session.nextEvent() {
      switch event {
      case .response(let response, let stream): try body(&self, response, stream)
      case .closed: throw .connectionLost(reason: "\(target) ended a request", applied: .unknown)
      // No request here asks for its response in pieces.
      case .responseHead, .piece, .responseEnd: break
      case .request, .rejected: throw .protocolViolation("it sends requests")
      }
    }
  }

  private func check(_ response: HTTPResponse) throws(ClientError) {
    guard !(200..<300).contains(response.status) else { return }
    let code =
      switch response.status {
      case 401: "unauthorized"
      case 403: "forbidden"
      default: "refused"
      }
    let text = String(decoding: response.body.prefix(300), as: UTF8.self)
    throw .rejected(
      code: code, text: "\(target) answered with status \(response.status): \(text)", applied: .no)
  }

  private mutating func pump(_ output: inout OutputBuffer) {
    session.takeOutput(into: &scratch)
    output.append(contentsOf: scratch)
    scratch.removeAll(keepingCapacity: true)
  }
}
