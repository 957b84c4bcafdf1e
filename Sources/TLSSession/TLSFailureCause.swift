// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Why a connection failed, as far as a program can tell causes apart.
public enum TLSFailureCause: Sendable, Equatable {
  /// The peer's certificate is past its time.
  case expired
  /// The peer's certificate is ahead of its time.
  case notYetValid
  /// The peer's certificate leads to no root that is trusted here.
  case unknownAuthority
  /// The peer's certificate is for another name or address than the one that was asked for.
  case otherName
  /// The peer's certificate has another fault.
  case certificate
  /// The peer refused with this alert (RFC 8446 §6).
  case alert(UInt8)
  /// What the peer sends is no TLS.
  case noTLS
  /// Anything else.
  case other
}

extension TLSFailureCause {
  /// The cause of a failure whose first error is `code` in the library's queue.
  ///
  /// - Parameter verification: What came of looking at the peer's certificate; `X509_V_OK` also
  ///   where nobody looked.
  init(code: UInt, verification: Int32) {
    switch verification {
    case X509_V_OK: self = Self.ofError(code)
    case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .otherName
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      self = .unknownAuthority
    default: self = .certificate
    }
  }

  private static func ofError(_ code: UInt) -> TLSFailureCause {
    guard ERR_GET_LIB(code) == ERR_LIB_SSL else { return .other }
    let reason = ERR_GET_REASON(code)
    if (alertOffset...alertOffset + 255).contains(reason) {
      return .alert(UInt8(reason - alertOffset))
    }
    switch reason {
    case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_MESSAGE,
      SSL_R_BAD_RECORD_TYPE, SSL_R_HTTP_REQUEST:
      return .noTLS
    default: return .other
    }
  }

  /// The library's reason for an alert from the peer is this and the alert's number.
  private static let alertOffset = Int32(SSL_AD_REASON_OFFSET)
}
