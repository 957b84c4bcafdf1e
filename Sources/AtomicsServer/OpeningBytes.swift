// SPDX-License-Identifier: Apache-2.0

import WireProtocol

/// Which protocol a connection speaks, told by its first one to three bytes.
///
///     A7            the binary protocol
///     16            TLS
///     50 52 49      "PRI": HTTP/2 with prior knowledge (RFC 9113 §3.4)
///     41–5A         another capital: HTTP/1
enum OpeningBytes: Equatable {
  case undecided
  case binary
  case tls
  case http2
  case http1
  /// No protocol begins like this.
  case unknown

  init(_ input: Span<UInt8>) {
    let preface: [UInt8] = [0x50, 0x52, 0x49]
    guard input.count > 0 else {
      self = .undecided
      return
    }
    switch input[0] {
    case Hello.firstByte: self = .binary
    case 0x16: self = .tls
    case preface[0]:
      // PUT, POST and PATCH share its first letter: look on until they differ.
      for index in 1..<3 {
        guard index < input.count else {
          self = .undecided
          return
        }
        guard input[index] == preface[index] else {
          self = .http1
          return
        }
      }
      self = .http2
    case 0x41...0x5A: self = .http1
    default: self = .unknown
    }
  }
}
