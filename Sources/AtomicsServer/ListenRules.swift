// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Where a server may listen, given how it protects itself.
///
/// Loopback and Unix sockets are always allowed: whoever reaches them is on this machine, and Unix
/// sockets have permissions. Beyond them an address needs encryption and authentication, unless the
/// user says `--insecure` in so many words.
struct ListenRules: Sendable, Equatable {
  var hasTLS: Bool
  /// Whether no client does anything without showing who it is.
  var hasAuthentication: Bool
  var isInsecure: Bool

  init(hasTLS: Bool, hasAuthentication: Bool, isInsecure: Bool) {
    self.hasTLS = hasTLS
    self.hasAuthentication = hasAuthentication
    self.isInsecure = isInsecure
  }

  init(_ configuration: ServerConfiguration) {
    self.init(
      hasTLS: configuration.tls != nil,
      hasAuthentication: configuration.tls?.clientCertificates == .required,
      isInsecure: configuration.isInsecure)
  }

  /// - Returns: What to warn of; nil: nothing.
  /// - Throws: ``ServerError/exposed(address:missing:)``.
  func check(_ address: SocketAddress) throws(ServerError) -> String? {
    guard !address.isLoopback else { return nil }
    let missing: String
    switch (hasTLS, hasAuthentication) {
    case (true, true):
      guard isInsecure else { return nil }
      return "\(address) takes plain connections beside TLS (insecure): what they send, secrets "
        + "included, can be read and changed on the way"
    case (true, false): missing = "authentication"
    case (false, true): missing = "TLS"
    case (false, false): missing = "TLS and authentication"
    }
    guard isInsecure else { throw .exposed(address: "\(address)", missing: missing) }
    let consequence =
      hasAuthentication
      ? "what is sent can be read and changed on the way"
      : "whoever reaches it can change every register"
    return "\(address) is without \(missing) (insecure): \(consequence)"
  }

  /// What a listener on `address` does about TLS.
  func encryption(on address: SocketAddress) -> Encryption {
    guard hasTLS, address.port != nil else { return .none }
    return address.isLoopback || isInsecure ? .offered : .required
  }
}
