// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Settings

/// Options that every verb takes which speaks TLS.
struct CommonOptions: ParsableArguments {
  @OptionGroup var plain: ServerOptions
  @OptionGroup(title: "TLS OPTIONS") var tls: TLSOptions

  var timeout: Double? { plain.timeout }
  var json: Bool { plain.json }

  func address() throws(ClientError) -> ServerAddress { try plain.address() }

  /// The arena that was asked for, which is on this machine; nil: the default one, as none was.
  ///
  /// - Throws: ``ClientError/usage(_:)`` for a server: its arena may be any, and what happened to
  ///   the default one instead would be a surprise.
  func arenaPath() throws(ClientError) -> String? {
    let settings = plain.settings()
    guard let origin = settings.serverOrigin else { return nil }
    guard case .map(let path) = try address() else {
      throw .usage(
        "\(origin) is `\(settings.server)`, and this verb needs an arena of this machine: say "
          + "--server shm:PATH, or --server shm: for the default one.")
    }
    return path
  }

  /// - Parameter waiting: Whether the time that was given is that of a wait, which may be 0.
  func options(waiting: Bool = false) throws(ClientError) -> ClientOptions {
    ClientOptions(
      timeoutMilliseconds: waiting
        ? ServerOptions.usualTimeoutMilliseconds : try plain.replyTimeoutMilliseconds(),
      token: try plain.token(), name: "atomics-client",
      tls: tls.configuration(plain.settings(tls: tls.settings)),
      sendsTokenInPlainText: plain.insecureToken)
  }

  /// A connection to that server.
  func connect() throws(ClientError) -> BlockingClient {
    try BlockingClient(address(), options: options())
  }
}
