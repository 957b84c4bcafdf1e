// SPDX-License-Identifier: Apache-2.0

import TLSSession

/// TLS for every connection to one server: the files are read once.
struct SecureSpeech: Sendable {
  /// As the user wrote the server's address.
  let server: String
  /// Whom the server's certificate must name.
  let host: String
  /// What is to be spoken inside (ALPN).
  let alpn: String
  let hasCertificate: Bool
  private let context: TLSContext

  init(
    _ tls: ClientTLS, server: String, host: String, alpn: String
  ) throws(ClientError) {
    guard tls.certificatePath != nil || tls.keyPath == nil else {
      throw .usage("A client's key goes with its certificate, and there is none: name it too.")
    }
    var configuration = TLSClientConfiguration(
      authorityPath: tls.authorityPath, protocols: [alpn])
    configuration.certificatePath = tls.certificatePath
    configuration.keyPath = tls.keyPath
    configuration.verifiesServer = !tls.trustsAnyServer
    do throws(TLSError) {
      context = try TLSContext(configuration)
    } catch {
      throw .usage("No TLS to \(server): \(error).")
    }
    self.server = server
    self.host = tls.serverName ?? host
    self.alpn = alpn
    hasCertificate = tls.certificatePath != nil
    // A name that no certificate can be for is told now.
    _ = try makeSession()
  }

  /// The client's side of a new connection, whose output begins the handshake.
  func makeSession() throws(ClientError) -> TLSSession {
    do throws(TLSError) {
      return try TLSSession(context, host: host)
    } catch {
      throw .usage("No TLS to \(server): \(error).")
    }
  }

  /// Throws unless `session`, whose handshake is complete, agreed on what is to be spoken.
  func checkProtocol(_ session: TLSSession) throws(ClientError) {
    guard session.negotiatedProtocol != alpn else { return }
    throw unreachable("the server did not agree to speak \(alpn) over TLS (ALPN)")
  }

  /// Why `session`, which failed before anything was heard through it, leads nowhere.
  func refusal(_ session: TLSSession, _ error: TLSError) -> ClientError {
    unreachable(reason(session.failureCause ?? .other, error))
  }

  /// The server hung up while the handshake was under way, or right after it.
  func brokenOff(_ session: TLSSession) -> ClientError {
    if session.isEstablished, !hasCertificate {
      return unreachable(
        "the server hung up right after the TLS handshake: it may want a client certificate")
    }
    return unreachable("the server hung up during the TLS handshake: does it speak TLS there?")
  }

  /// The server's bytes ended without the end that TLS has for them.
  static let truncation = ClientError.connectionLost(
    reason: "it was cut off: the end that TLS has for it (close_notify) is missing",
    applied: .unknown)

  private func unreachable(_ reason: String) -> ClientError {
    .unreachable(server: server, reason: reason)
  }

  private func reason(_ cause: TLSFailureCause, _ error: TLSError) -> String {
    switch cause {
    case .expired: "the server's certificate has expired"
    case .notYetValid: "the server's certificate is not valid yet"
    case .unknownAuthority:
      "the server's certificate comes from an authority that is not trusted here"
    case .otherName: "the server's certificate is not for \(host)"
    case .certificate: "the server's certificate is not accepted (\(error))"
    case .noTLS: "the server does not speak TLS there"
    case .alert(let number): reason(alert: number, error)
    case .other: "no TLS with the server (\(error))"
    }
  }

  /// What an alert means that a server sends to a client (RFC 8446 §6.2).
  private func reason(alert: UInt8, _ error: TLSError) -> String {
    switch alert {
    case 116: "the server wants a client certificate"
    // A server without TLS may say so with this, and TLS 1.2 has no other for a certificate that is
    // missing.
    case 40:
      "the server refused the TLS handshake: it does not speak TLS there"
        + (hasCertificate ? ", or nothing in common" : ", or wants a client certificate")
    case 42, 43, 46: "the server does not accept the client certificate"
    case 44: "the client certificate was revoked"
    case 45: "the client certificate has expired"
    case 48: "the server does not trust the authority of the client certificate"
    case 112: "the server does not know the name \(host)"
    case 120: "the server does not speak \(alpn) over TLS (ALPN)"
    default: "the server refused the TLS handshake (\(error))"
    }
  }
}
