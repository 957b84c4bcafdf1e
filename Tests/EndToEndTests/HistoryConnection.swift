// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import TestSupport

@testable import AtomicsClient

/// A way to some registers, which are told by their number.
protocol HistoryConnection {
  /// Sends an operation, at once or with those that follow.
  func submit(_ request: AtomicRequest, on register: Int) throws
  func flush() throws
  /// The outcome of the oldest operation that was submitted.
  func nextOutcome() throws -> AtomicOutcome
}

/// The library's client, over any of its transports.
struct LibraryConnection: HistoryConnection {
  private let client: BlockingClient
  private let references: [RegisterReference]

  init(_ address: ServerAddress, _ registers: [SharedHistory.Register]) throws {
    let options = ClientOptions(timeoutMilliseconds: 20_000)
    let client = try BlockingClient(address, options: options)
    self.client = client
    references = try registers.map { try client.register(named: $0.name) }
  }

  func submit(_ request: AtomicRequest, on register: Int) throws {
    try client.submit(request, on: references[register])
  }

  func flush() throws { try client.flush() }

  func nextOutcome() throws -> AtomicOutcome { try client.nextOutcome() }
}

/// HTTP/1.1, which the library's clients do not speak; what is said over it is theirs.
final class HTTP1Connection: HistoryConnection {
  private let connection: PlainHTTP
  private let references: [RegisterReference]
  private var outcome: AtomicOutcome?

  init(host: String, _ registers: [SharedHistory.Register]) throws {
    connection = try PlainHTTP(host)
    references = registers.map {
      RegisterReference(
        name: $0.name, type: $0.type, generation: 0, place: .byName(connection: 0))
    }
  }

  func submit(_ request: AtomicRequest, on register: Int) throws {
    let command = ClientCommand.perform(request, on: references[register])
    guard let message = JSONRequest(command) else { throw ClientError.closed }
    let (status, body) = try connection.answer(
      message.method.name, message.target, String(decoding: message.body, as: UTF8.self))
    let response = JSONResponse(HTTPResponse(status: status, body: Array(body.utf8)))
    outcome = try response.result(of: command, connection: 0).get().asOutcome()
  }

  func flush() {}

  func nextOutcome() throws -> AtomicOutcome {
    guard let outcome else { throw ClientError.usage("Nothing was submitted.") }
    return outcome
  }
}
