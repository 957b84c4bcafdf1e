// SPDX-License-Identifier: Apache-2.0

/// Whether a server asks its clients for certificates.
public enum TLSClientCertificates: Sendable, Equatable {
  case none
  /// One that is presented must be valid; none is fine.
  case optional
  /// Without a valid one there is no connection.
  case required
}

/// What a server needs for TLS. All files are PEM.
public struct TLSServerConfiguration: Sendable, Equatable {
  /// The server's certificate, then those that lead to its root.
  public var certificatePath: String
  /// The private key of the first certificate, without a passphrase.
  public var keyPath: String
  /// The roots of the clients' certificates.
  public var clientCAPath: String?
  public var clientCertificates = TLSClientCertificates.none
  /// What may be spoken inside (ALPN, RFC 7301), the best first. 1 to 255 bytes each.
  public var protocols: [String]

  public init(certificatePath: String, keyPath: String, protocols: [String]) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
    self.protocols = protocols
  }
}

/// What a client needs for TLS. All files are PEM.
public struct TLSClientConfiguration: Sendable, Equatable {
  /// The roots that the server's certificate must lead to; nil: those that the system trusts.
  public var authorityPath: String?
  /// The client's own certificate, then those that lead to its root.
  public var certificatePath: String?
  /// The private key of the client's own certificate; nil: it is in `certificatePath`.
  public var keyPath: String?
  /// What is offered to be spoken inside (ALPN). 1 to 255 bytes each.
  public var protocols: [String]
  /// False takes any server for the one that was asked for: for trying things out.
  public var verifiesServer = true

  public init(authorityPath: String? = nil, protocols: [String] = []) {
    self.authorityPath = authorityPath
    self.protocols = protocols
  }
}
