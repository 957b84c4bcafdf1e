// SPDX-License-Identifier: Apache-2.0
import Foundation
import TLSSession

/// Contexts with a certificate that is made anew at the start of each run.
enum Identity {
  private static let contexts = makeContexts()

  static func server() -> TLSSession {
    made { () throws(TLSError) in try TLSSession(contexts.server) }
  }

  static func client() -> TLSSession {
    made { () throws(TLSError) in try TLSSession(contexts.client, host: "localhost") }
  }

  private static func made(_ make: () throws(TLSError) -> TLSSession) -> TLSSession {
    do throws(TLSError) {
      return try make()
    } catch {
      preconditionFailure("no session: \(error)")
    }
  }

  private static func makeContexts() -> (server: TLSContext, client: TLSContext) {
    let directory = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      let certificate = directory.appending(path: "certificate").path
      let key = directory.appending(path: "key").path
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/openssl")
      process.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
        "-out", certificate,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return (
        try TLSContext(
          TLSServerConfiguration(
            certificatePath: certificate, keyPath: key,
            protocols: ["h2", "http/1.1", "atr/1"])),
        try TLSContext(
          TLSClientConfiguration(authorityPath: certificate, protocols: ["atr/1"]))
      )
    } catch {
      preconditionFailure("no certificate to fuzz with: \(error)")
    }
  }
}
