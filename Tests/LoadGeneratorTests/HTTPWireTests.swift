// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage
import Testing

@testable import LoadGenerator

@Suite struct HTTPWireTests {
  /// Takes what the wire sends, and gives the streams of its requests.
  private func requests(
    _ output: inout OutputBuffer, at server: HTTP2Session
  ) throws -> [UInt32] {
    let bytes = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    output.removeAll()
    try server.receive(bytes.span)
    var streams: [UInt32] = []
    while let event = server.nextEvent() {
      if case .request(let request) = event { streams.append(request.stream) }
    }
    return streams
  }

  private func answer(_ streams: [UInt32], from server: HTTP2Session) -> [UInt8] {
    var bytes: [UInt8] = []
    for stream in streams {
      #expect(server.respond(HTTPResponse(status: 200), to: stream))
      server.takeOutput(into: &bytes)
    }
    return bytes
  }

  @Test(
    "an answer belongs to the request of its stream, whatever the order", arguments: [nil, 1e3])
  func order(rate: Double?) throws {
    let target = try LoadTarget("http://127.0.0.1:1")
    let plan = LoadPlan(
      targets: [target], connections: 1, depth: 8, rate: rate, mix: try OperationMix("inc_fetch"))
    var wire = try HTTPWire(
      target, plan,
      RequestSequence(plan, connection: 0, of: 1, sampler: RankSampler(count: 1, .uniform)))
    let server = try HTTP2Session(role: .server)
    var output = OutputBuffer()
    wire.begin(into: &output)
    let made = answer(try requests(&output, at: server), from: server)
    #expect(try wire.settle(made.span, into: &output) == made.count)
    #expect(wire.isSettled)
    output.removeAll()
    try wire.append(3, to: &output)
    let streams = try requests(&output, at: server)
    try wire.append(2, to: &output)
    let more = try requests(&output, at: server)
    let first = answer([streams[2], more[0], streams[0]], from: server)
    #expect(try wire.take(first.span, into: &output) == 3)
    #expect(wire.answered == (rate == nil ? nil : [2, 3, 0]))
    let second = answer([more[1], streams[1]], from: server)
    #expect(try wire.take(second.span, into: &output) == 2)
    #expect(wire.answered == (rate == nil ? nil : [4, 1]))
  }
}
