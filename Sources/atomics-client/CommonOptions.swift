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
      discussion: "Without it: $ATOMICS_SERVER, else \(ServerAddress.standard).",
      valueName: "address"))
  var server: String?

  @Option(help: ArgumentHelp("Give up after this many seconds.", valueName: "seconds"))
  var timeout: Double = 5

  @Flag(help: "Print JSON, the same objects as the HTTP interface answers.")
  var json = false

  func validate() throws {
    guard timeout > 0, timeout <= 86_400 else {
      throw ValidationError("--timeout takes seconds above 0, up to 86400.")
    }
  }

  /// The server asked for on the command line, else in the environment, else the usual one.
  func address() throws(ClientError) -> ServerAddress {
    let settings = ClientSettings(
      serverFlag: server, environment: ProcessInfo.processInfo.environment)
    do throws(ClientError) {
      return try ServerAddress(settings.server)
    } catch {
      guard case .environment(let name)? = settings.serverOrigin else { throw error }
      throw .usage("\(name): \(error)")
    }
  }

  var timeoutMilliseconds: Int { Int(timeout * 1000) }

  /// A connection to that server.
  func connect() throws(ClientError) -> BlockingClient {
    try BlockingClient(address(), options: ClientOptions(timeoutMilliseconds: timeoutMilliseconds))
  }
}
