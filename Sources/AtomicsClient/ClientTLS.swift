// SPDX-License-Identifier: Apache-2.0

/// What a client needs to reach a server over TLS (`atrs://` and `https://`); without any of it the
/// server's certificate must lead to a root that the system trusts and be for the address's host.
///
/// All files are PEM, and are read once, when the client is made.
public struct ClientTLS: Equatable, Sendable {
  /// The roots that the server's certificate must lead to; nil: those that the system trusts.
  public var authorityPath: String?
  /// The client's own certificate, then those that lead to its root, for a server that asks; nil:
  /// it has none.
  public var certificatePath: String?
  /// The private key of `certificatePath`, without a passphrase; nil: it is in the same file.
  public var keyPath: String?
  /// The name or IP address that the server's certificate must be for; nil: the address's host.
  public var serverName: String?
  /// Takes any server for the one that was asked for, which is for trying things out: whoever sits
  /// on the way can then read and change everything, the token too.
  public var trustsAnyServer: Bool

  public init(
    authorityPath: String? = nil, certificatePath: String? = nil, keyPath: String? = nil,
    serverName: String? = nil, trustsAnyServer: Bool = false
  ) {
    self.authorityPath = authorityPath
    self.certificatePath = certificatePath
    self.keyPath = keyPath
    self.serverName = serverName
    self.trustsAnyServer = trustsAnyServer
  }
}
