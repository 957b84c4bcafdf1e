// SPDX-License-Identifier: Apache-2.0
import Foundation
import TLSSession

/// Contexts with the certificates that `run` makes anew each time.
enum Identity {
  private static let contexts = makeContexts()

  static func server() -> TLSSession {
    made { () throws(TLSError) in try TLSSession(contexts.server) }
  }

  static func client() -> TLSSession {
    made { () throws(TLSError) in try TLSSession(contexts.client, host: "localhost") }
  }

  private static func made<Made>(_ make: () throws(TLSError) -> Made) -> Made {
    do throws(TLSError) {
      return try make()
    } catch {
      preconditionFailure("there is no session to fuzz: \(error)")
    }
  }

  private static func makeContexts() -> (server: TLSContext, client: TLSContext) {
    guard let directory = ProcessInfo.processInfo.environment["ATOMICS_FUZZ_CERTIFICATES"] else {
      preconditionFailure("ATOMICS_FUZZ_CERTIFICATES names no directory; use Fuzz/run")
    }
    return made { () throws(TLSError) in
      let server = TLSServerConfiguration(
        certificatePath: "\(directory)/server.pem", keyPath: "\(directory)/server.key",
        protocols: ["h2", "http/1.1", "atr/1"])
      let client = TLSClientConfiguration(
        authorityPath: "\(directory)/authority.pem", protocols: ["atr/1"])
      return (try TLSContext(server), try TLSContext(client))
    }
  }
}
