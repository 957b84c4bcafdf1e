// SPDX-License-Identifier: Apache-2.0

/// Why there is no TLS. The description is for the person who configured it, or whose peer it is.
public enum TLSError: Error, Equatable, CustomStringConvertible {
  /// A file cannot be read, or holds something else; `reason` is the library's.
  case badFile(path: String, expected: String, reason: String)
  /// The private key belongs to another certificate.
  case keyMismatch(certificate: String, key: String, reason: String)
  /// Neither a name nor an address that a certificate could be for.
  case badHost(String)
  /// The peer, or its certificate, ended the connection: send the output, then close.
  case connectionFailed(reason: String)
  /// The library refuses what always works, for want of memory mostly.
  case library(reason: String)
  /// The system gives no random bytes: no secret may be made.
  case noRandomness

  public var description: String {
    switch self {
    case .badFile(let path, let expected, let reason): "\(path): expected \(expected): \(reason)"
    case .keyMismatch(let certificate, let key, let reason):
      "\(key): the key does not belong to the certificate in \(certificate): \(reason)"
    case .badHost(let host): "'\(host)' is neither a host name nor an IP address"
    case .connectionFailed(let reason): "TLS: \(reason)"
    case .library(let reason): "OpenSSL: \(reason)"
    case .noRandomness: "the system gives no random bytes"
    }
  }
}
