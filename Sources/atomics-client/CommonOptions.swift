// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation
import Settings

/// Options that every verb takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the registers are: atr://HOST:PORT, http://HOST:PORT, unix:PATH or shm:[PATH].",
      discussion:
        "With TLS atrs://HOST:PORT or https://HOST:PORT. Without it: $ATOMICS_SERVER, else \(ServerAddress.standard).",
      valueName: "address"))
  var server: String?

  @Option(
    help: ArgumentHelp(
      "File with the token that tells the server who asks.",
      discussion: "Without it: $ATOMICS_TOKEN, $ATOMICS_TOKEN_FILE.",
      valueName: "file"))
  var tokenFile: String?

  @Flag(help: "Send the token beyond loopback even without TLS: whoever reads the wire has it.")
  var insecureToken = false

  @OptionGroup(title: "TLS OPTIONS") var tls: TLSOptions

  @Option(
    help: ArgumentHelp(
      "Give up after this many seconds.", discussion: "Without it: 5; a wait has no limit.",
      valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "Print JSON, the same objects as the HTTP interface answers.")
  var json = false

  func validate() throws {
    guard let timeout else { return }
    guard timeout >= 0, timeout <= 86_400 else {
      throw ValidationError("--timeout takes seconds above 0, up to 86400.")
    }
  }

  /// The server asked for on the command line, else in the environment, else the usual one.
  func address() throws(ClientError) -> ServerAddress { try Self.address(settings) }

  var settings: ClientSettings {
    ClientSettings(
      serverFlag: server, tokenFileFlag: tokenFile, tlsFlags: tls.settings,
      environment: ProcessInfo.processInfo.environment)
  }

  private static func address(_ settings: ClientSettings) throws(ClientError) -> ServerAddress {
    do throws(ClientError) {
      return try ServerAddress(settings.server)
    } catch {
      guard case .environment(let name)? = settings.serverOrigin else { throw error }
      throw .usage("\(name): \(error)")
    }
  }

  /// The arena that was asked for, which is on this machine; nil: the default one, as none was.
  ///
  /// - Throws: ``ClientError/usage(_:)`` for a server: its arena may be any, and what happened to
  ///   the default one instead would be a surprise.
  func arenaPath() throws(ClientError) -> String? {
    let settings = settings
    guard let origin = settings.serverOrigin else { return nil }
    guard case .map(let path) = try Self.address(settings) else {
      throw .usage(
        "\(origin) is `\(settings.server)`, and this verb needs an arena of this machine: say "
          + "--server shm:PATH, or --server shm: for the default one.")
    }
    return path
  }

  /// How long a reply may take.
  var timeoutMilliseconds: Int { max(1, Int((timeout ?? Self.usualTimeout) * 1000)) }

  private static let usualTimeout = 5.0

  /// - Parameter waiting: Whether the time that was given is that of a wait, which may be 0.
  func options(waiting: Bool = false) throws(ClientError) -> ClientOptions {
    guard waiting || timeout != 0 else {
      throw .usage("--timeout takes seconds above 0; 0 is for `wait`, which only looks then.")
    }
    return ClientOptions(
      timeoutMilliseconds: waiting ? Int(Self.usualTimeout * 1000) : timeoutMilliseconds,
      token: try token(), name: "atomics-client", tls: tls.configuration(settings),
      sendsTokenInPlainText: insecureToken)
  }

  /// A connection to that server.
  func connect() throws(ClientError) -> BlockingClient {
    try BlockingClient(address(), options: options())
  }
}
