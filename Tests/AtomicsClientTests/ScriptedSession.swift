// SPDX-License-Identifier: Apache-2.0

import EventLoop
import WireProtocol

@testable import AtomicsClient

/// A session that was welcomed, and the bytes that go in and out.
struct ScriptedSession {
  let session = FrameSession(connection: 1)

  /// - Parameter credits: Events that the server pushes before it wants more.
  init(credits: UInt32 = 8) throws {
    var limits = Welcome.Limits()
    limits.eventCredits = credits
    _ = try receive(
      Welcome(
        maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 64, serverName: "test", opcodes: [],
        types: [], lockFreeWidths: [], arenaUUID: 2, limits: limits
      ).bytes)
  }

  /// What the command is on the wire.
  func submit(_ command: ClientCommand, ticket: UInt64) -> [UInt8] {
    written { output in session.submit(command, ticket: ticket, into: &output) }
  }

  func cancel(_ ticket: UInt64) -> [UInt8] {
    written { output in session.cancel(ticket: ticket, into: &output) }
  }

  /// What the session sends of itself when `bytes` have come.
  @discardableResult
  func receive(_ bytes: [UInt8]) throws(ClientError) -> [UInt8] {
    var output = OutputBuffer()
    _ = try session.receive(bytes.span, into: &output)
    return output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  /// The end of the wait that the next reply must be about.
  func end(_ ticket: UInt64) throws -> WaitEnd {
    guard let reply = session.nextReply(), reply.ticket == ticket else {
      throw ClientError.usage("no reply to \(ticket)")
    }
    return try reply.result.get().asWaited()
  }

  private func written(_ body: (inout OutputBuffer) -> Void) -> [UInt8] {
    var output = OutputBuffer()
    body(&output)
    return output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }
}
