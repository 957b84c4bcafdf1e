// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Foundation
import HTTPMessage
import RegisterService
import SharedArena
import Synchronization
import TestSupport
import WireProtocol

@testable import AtomicsServer

/// The server's faces over an arena of their own, without sockets.
struct Faces {
  let arena: Arena
  let context: ServerContext
  /// Where connections wait; `hubWakes` counts how often it is to be called.
  let hub: WaitHub
  let hubWakes: WakeCount
  var service: RegisterService { context.service }

  static func use<Result>(
    configured configuration: ServerConfiguration = ServerConfiguration(arenaPath: ""),
    takingSnapshots: Bool = false, _ body: (Faces) throws -> Result
  ) throws -> Result {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena, takesSnapshots: takingSnapshots)
      let wakes = WakeCount()
      return try body(
        Faces(
          arena: arena, context: ServerContext(service: service, configuration: configuration),
          hub: service.makeHub(configuration.limits.waiting) { wakes.add() }, hubWakes: wakes))
    }
  }

  @discardableResult
  func create(_ name: String, _ type: String, _ value: String? = nil) throws -> RegisterReference {
    let type = RegisterType(name: type)!
    return try service.create(
      RegisterDefinition(
        name: name, type: type, initial: try value.map(type.parse) ?? 0, ownerUser: 0)
    ).register
  }

  func value(_ register: RegisterReference) -> String {
    (try? service.load(register)).map { register.type.format($0) } ?? "gone"
  }

  /// One request to the JSON face.
  func http(
    _ method: HTTPMethod, _ target: String, _ body: String = "", fields: [(String, String)] = [],
    authority: String? = "127.0.0.1:7070"
  ) -> HTTPAnswer {
    http(method, target, bytes: Array(body.utf8), fields: fields, authority: authority)
  }

  /// The same with a body that need not be text.
  func http(
    _ method: HTTPMethod, _ target: String, bytes: [UInt8], fields: [(String, String)] = [],
    authority: String? = "127.0.0.1:7070"
  ) -> HTTPAnswer {
    var request = HTTPRequest(
      method: method, target: Array(target.utf8), authority: authority.map { Array($0.utf8) },
      body: bytes)
    for (name, value) in fields { request.fields.append(name: name, value: value) }
    var api = JSONAPI(context, Peer(user: 0, mapsArena: false))
    return HTTPAnswer(api.respond(to: request))
  }
}

extension JSONAPI {
  /// The answer to one request.
  mutating func respond(to request: HTTPRequest) -> HTTPResponse {
    var budget = ExecutionBudget()
    var response = HTTPResponse(status: 0)
    respond(to: request, into: &response, &budget)
    // As the exchange does.
    if context.rules.grantsAnything { context.rules.grant(foreignOrigin, &response) }
    return response
  }
}

extension HTTPResponse {
  /// Every field but those that the session adds.
  fileprivate var everyField: HTTPFields {
    var every = HTTPFields()
    if let content { every.append(.contentType, content.mediaType.description) }
    if isNeverStored { every.append(.cacheControl, HTTPResponse.neverStored.description) }
    if let tag { every.append(.etag, body.span.extracting(tag)) }
    fields.visit { every.append(name: $0, value: $1) }
    return every
  }
}

/// A response, its JSON taken apart.
struct HTTPAnswer {
  let status: Int
  let fields: HTTPFields
  let body: String
  let members: [String: any Sendable]

  init(_ response: HTTPResponse) {
    status = response.status
    fields = response.everyField
    body = String(decoding: response.body, as: UTF8.self)
    let object = try? JSONSerialization.jsonObject(with: Data(response.body))
    members = (object as? [String: any Sendable]) ?? [:]
  }

  /// The last part of a problem's type.
  var slug: String? { (members["type"] as? String)?.split(separator: "/").last.map(String.init) }
}

/// How often somebody was woken, by any thread.
final class WakeCount: Sendable {
  private let number = Atomic(0)
  var value: Int { number.load(ordering: .acquiring) }

  func add() { number.add(1, ordering: .releasing) }

  /// Waits until somebody was woken `count` times.
  func wait(for count: Int) throws {
    let end = ContinuousClock.now + .seconds(10)
    while value < count {
      guard ContinuousClock.now < end else { throw BinaryPeer.PeerError.notWoken }
      sched_yield()
    }
  }
}

/// A binary connection without its socket.
final class BinaryPeer {
  let session: BinarySession
  /// How often the session was to be called again.
  let wakes = WakeCount()
  private var output: OutputBuffer

  init(
    _ faces: Faces, highWater: Int = .max, greets: Bool = true,
    as peer: Peer = Peer(user: 0, mapsArena: false)
  ) {
    session = BinarySession(faces.context, peer, faces.hub) { [wakes] in wakes.add() }
    output = OutputBuffer(highWater: highWater)
    if greets { _ = send(Hello().bytes) }
  }

  /// What the session does with `bytes`, and what it answers.
  func send(_ bytes: [UInt8], endOfInput: Bool = false) -> (
    progress: StreamProgress, answer: [UInt8]
  ) {
    output.removeAll()
    let progress = session.turn(bytes.span, into: &output, endOfInput: endOfInput)
    let answer = output.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
    return (progress, answer)
  }

  /// The one reply to one frame.
  func reply(to frame: [UInt8]) throws -> (header: FrameHeader, body: [UInt8]) {
    let answer = send(frame).answer
    guard answer.count >= FrameHeader.byteCount else { throw PeerError.noReply }
    let header = FrameHeader(answer.span.littleEndian64(at: 0), answer.span.littleEndian64(at: 8))
    return (header, Array(answer[16...]))
  }

  func status(of frame: [UInt8]) throws -> Status? {
    Status(rawValue: try reply(to: frame).header.orderOrStatus)
  }

  enum PeerError: Error {
    case noReply
    case notWoken
  }
}
