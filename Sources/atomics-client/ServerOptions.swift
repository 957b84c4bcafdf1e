// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation
import Settings

/// Options that every verb takes, those that speak no TLS too.
struct ServerOptions: ParsableArguments {
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

  /// What the environment says where no option does; `tls` are the options about it.
  func settings(tls: ClientSettings.TLS = ClientSettings.TLS()) -> ClientSettings {
    ClientSettings(
      serverFlag: server, tokenFileFlag: tokenFile, tlsFlags: tls,
      environment: ProcessInfo.processInfo.environment)
  }

  /// The server asked for on the command line, else in the environment, else the usual one.
  func address() throws(ClientError) -> ServerAddress {
    let settings = settings()
    do throws(ClientError) {
      return try ServerAddress(settings.server)
    } catch {
      guard case .environment(let name)? = settings.serverOrigin else { throw error }
      throw .usage("\(name): \(error)")
    }
  }

  /// How long a reply may take unless it is said.
  static let usualTimeoutMilliseconds = 5_000

  /// How long a reply may take.
  func replyTimeoutMilliseconds() throws(ClientError) -> Int {
    guard timeout != 0 else {
      throw .usage("--timeout takes seconds above 0; 0 is for `wait`, which only looks then.")
    }
    return timeout.map { max(1, Int($0 * 1000)) } ?? Self.usualTimeoutMilliseconds
  }
}
