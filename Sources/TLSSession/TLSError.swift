// SPDX-License-Identifier: Apache-2.0

/// Why there is no TLS.
public enum TLSError: Error, Equatable, CustomStringConvertible {
  /// The system gives no random bytes.
  case noRandomness

  public var description: String {
    switch self {
    case .noRandomness: "the system gives no random bytes"
    }
  }
}
