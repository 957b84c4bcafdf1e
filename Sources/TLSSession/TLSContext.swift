// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Certificates, keys and rules that connections share; their tickets are sealed with its keys.
///
/// Immutable: to change a certificate, make another context. Connections keep the one that they
/// began with. **Thread safety**: any thread.
@safe public final class TLSContext {
  /// Whether sessions are a server's; else a client's.
  public let isServer: Bool
  /// What is odd but no reason to stop, such as a certificate that has expired.
  public let warnings: [String]
  let raw: OpaquePointer
  private let protocols: ProtocolList

  /// - Throws: ``TLSError`` that names the file and what is wrong with it.
  public init(_ configuration: TLSServerConfiguration) throws(TLSError) {
    let owner = try ContextOwner(isServer: true)
    try owner.loadIdentity(
      certificate: configuration.certificatePath, key: configuration.keyPath)
    if configuration.clientCertificates != .none, let path = configuration.clientCAPath {
      try owner.loadAuthorities(path)
      try owner.nameAuthorities(path)
    }
    owner.askForCertificates(configuration.clientCertificates)
    owner.limitClients()
    protocols = ProtocolList(configuration.protocols)
    warnings = owner.validityWarnings(of: configuration.certificatePath)
    isServer = true
    // Safety: `deinit` frees the context, which `owner` gives up here.
    unsafe raw = unsafe owner.release()
    unsafe protocols.choose(in: raw)
  }

  /// - Throws: ``TLSError`` that names the file and what is wrong with it.
  public init(_ configuration: TLSClientConfiguration) throws(TLSError) {
    let owner = try ContextOwner(isServer: false)
    if let path = configuration.certificatePath {
      try owner.loadIdentity(certificate: path, key: configuration.keyPath ?? path)
      warnings = owner.validityWarnings(of: path)
    } else {
      warnings = []
    }
    if let path = configuration.authorityPath {
      try owner.loadAuthorities(path)
    } else {
      try owner.loadSystemAuthorities()
    }
    owner.verifyServer(configuration.verifiesServer)
    protocols = ProtocolList(configuration.protocols)
    if !configuration.protocols.isEmpty { try owner.offer(protocols) }
    isServer = false
    // Safety: as above.
    unsafe raw = unsafe owner.release()
  }

  deinit {
    // Safety: made by `init`; sessions hold references of their own, and this object.
    unsafe SSL_CTX_free(raw)
  }
}

// Sendable because: nothing changes after `init`, and the library counts references and makes
// sessions from a context under locks of its own.
extension TLSContext: @unchecked Sendable {}
