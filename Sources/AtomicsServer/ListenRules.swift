// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Where a server may listen, given how it protects itself.
///
/// Loopback and Unix sockets are always allowed: whoever reaches them is on this machine, and Unix
/// sockets have permissions. Beyond them an address needs encryption and authentication, unless the
/// user says `--insecure` in so many words.
struct ListenRules: Sendable, Equatable {
  var hasTLS: Bool
  /// Whether access rules ask every client who it is, however it comes.
  var hasAccessRules: Bool
  /// Whether TLS ends without a client's certificate.
  var requiresCertificates: Bool
  var isInsecure: Bool

  init(hasTLS: Bool, hasAccessRules: Bool, requiresCertificates: Bool, isInsecure: Bool) {
    self.hasTLS = hasTLS
    self.hasAccessRules = hasAccessRules
    self.requiresCertificates = requiresCertificates
    self.isInsecure = isInsecure
  }

  init(_ configuration: ServerConfiguration) {
    self.init(
      hasTLS: configuration.tls != nil, hasAccessRules: configuration.access != nil,
      requiresCertificates: configuration.tls?.clientCertificates == .required,
      isInsecure: configuration.isInsecure)
  }

  /// Whether certificates alone tell who a client is. Beyond loopback plain connections, which have
  /// none, are then refused whatever else is said: they would be without any identity.
  private var dependsOnCertificates: Bool {
    hasTLS && requiresCertificates && !hasAccessRules
  }

  /// What nobody provides; nil: nothing.
  private var missing: ServerError.Protection? {
    switch (hasTLS, hasAccessRules || dependsOnCertificates) {
    case (true, true): nil
    case (true, false): .authentication
    case (false, true): .encryption
    case (false, false): .both
    }
  }

  /// - Returns: What to warn of; nil: nothing.
  /// - Throws: ``ServerError/exposed(address:missing:)``.
  func check(_ address: SocketAddress) throws(ServerError) -> String? {
    guard !address.isLoopback else { return nil }
    guard let missing else {
      guard encryption(on: address) != .required else { return nil }
      return "\(address) takes plain connections beside TLS (insecure): what they send, secrets "
        + "included, can be read and changed on the way"
    }
    guard isInsecure else { throw .exposed(address: "\(address)", missing: missing) }
    let consequence =
      missing == .encryption
      ? "what is sent can be read and changed on the way"
      : "whoever reaches it can change every register"
    return "\(address) is without \(missing) (insecure): \(consequence)"
  }

  /// What a listener on `address` does about TLS.
  func encryption(on address: SocketAddress) -> Encryption {
    guard hasTLS, address.port != nil else { return .none }
    if address.isLoopback { return .offered }
    return isInsecure && !dependsOnCertificates ? .offered : .required
  }
}
