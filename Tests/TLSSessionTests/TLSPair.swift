// SPDX-License-Identifier: Apache-2.0
import TLSSession
import TestSupport

/// A client and a server session that talk in memory.
final class TLSPair {
  let client: TLSSession
  let server: TLSSession
  /// What each side has received.
  var atClient: [UInt8] = []
  var atServer: [UInt8] = []
  /// What each side ended with.
  private(set) var clientError: TLSError?
  private(set) var serverError: TLSError?

  init(
    server serverConfiguration: TLSServerConfiguration,
    client clientConfiguration: TLSClientConfiguration, host: String = "localhost"
  ) throws {
    server = try TLSSession(TLSContext(serverConfiguration))
    client = try TLSSession(TLSContext(clientConfiguration), host: host)
  }

  /// Carries bytes in pieces of `piece` bytes until neither side has anything to say.
  func run(piece: Int = .max) {
    while true {
      let toServer = output(of: client)
      let toClient = output(of: server)
      if toServer.isEmpty, toClient.isEmpty { return }
      if let error = Self.deliver(toServer, to: server, &atServer, piece: piece) {
        serverError = error
      }
      if let error = Self.deliver(toClient, to: client, &atClient, piece: piece) {
        clientError = error
      }
    }
  }

  func output(of session: TLSSession) -> [UInt8] {
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes)
    return bytes
  }

  /// Gives `bytes` to `session` and returns what it throws.
  static func deliver(
    _ bytes: [UInt8], to session: TLSSession, _ plaintext: inout [UInt8], piece: Int = .max
  ) -> TLSError? {
    var start = 0
    while start < bytes.count {
      let end = piece < bytes.count - start ? start + piece : bytes.count
      do throws(TLSError) {
        try session.receive(bytes.span.extracting(start..<end), into: &plaintext)
      } catch {
        return error
      }
      start = end
    }
    return nil
  }
}

extension TestCertificates {
  static var made: TestCertificates { get throws { try shared.get() } }

  func serving(
    _ name: String = "server", protocols: [String] = ["h2", "http/1.1", "atr/1"],
    clients: TLSClientCertificates = .none
  ) -> TLSServerConfiguration {
    var configuration = TLSServerConfiguration(
      certificatePath: certificate(name), keyPath: key(name), protocols: protocols)
    configuration.clientCAPath = clients == .none ? nil : certificate("authority")
    configuration.clientCertificates = clients
    return configuration
  }

  func asking(
    trusting authority: String = "authority", as client: String? = nil, protocols: [String] = []
  ) -> TLSClientConfiguration {
    var configuration = TLSClientConfiguration(
      authorityPath: certificate(authority), protocols: protocols)
    configuration.certificatePath = client.map(certificate)
    configuration.keyPath = client.map(key)
    return configuration
  }
}
