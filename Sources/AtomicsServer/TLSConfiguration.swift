// SPDX-License-Identifier: Apache-2.0

import TLSSession

/// What a server needs to encrypt; all files are PEM. The files are read at the start and at each
/// ``Server/reload()``.
public struct TLSConfiguration: Sendable, Equatable {
  /// Whether clients are asked for certificates.
  public enum ClientCertificates: Sendable, Equatable {
    case none
    /// One that is shown must be valid; none is fine.
    case optional
    /// Without a valid one there is no connection.
    case required
  }

  /// The server's certificate, then those that lead to its root.
  public var certificatePath: String
  /// The certificate's private key.
  public var keyPath: String
  /// The roots of the clients' certificates.
  public var clientCAPath: String?
  public var clientCertificates = ClientCertificates.none

  public init(certificatePath: String, keyPath: String) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
  }

  /// The files as they are now.
  func makeContext() throws(TLSError) -> TLSContext {
    var configuration = TLSServerConfiguration(
      certificatePath: certificatePath, keyPath: keyPath, protocols: TLSTransport.protocols)
    configuration.clientCAPath = clientCAPath
    configuration.clientCertificates =
      switch clientCertificates {
      case .none: .none
      case .optional: .optional
      case .required: .required
      }
    return try TLSContext(configuration)
  }
}
