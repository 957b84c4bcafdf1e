// SPDX-License-Identifier: Apache-2.0

/// What a listener does about TLS.
enum Encryption: Sendable, Equatable {
  /// None is spoken: a Unix socket, or a server without a certificate.
  case none
  /// TLS and plain bytes, told apart by the first one.
  case offered
  /// Plain bytes are refused: others could read them on the way.
  case required
}
