// SPDX-License-Identifier: Apache-2.0

import WireProtocol

/// The last words to a peer whose first bytes end its connection, in the protocol that it speaks.
enum OpeningRefusal {
  /// A person with a terminal may be on the other side: the plainest protocol says so.
  static let unknownProtocol = http1(
    "these bytes open none of atr/1, HTTP/2 with prior knowledge and HTTP/1.1")

  /// A fatal handshake_failure alert (RFC 8446 §6): this listener has no certificate.
  static let noTLS: [UInt8] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]

  /// Plain bytes where only encrypted ones are taken; empty for what has no such answer.
  static func plain(_ opening: OpeningBytes) -> [UInt8] {
    switch opening {
    case .http1: plainHTTP1
    case .http2: plainHTTP2
    case .binary: plainBinary
    case .undecided, .tls, .unknown: []
    }
  }

  private static let encryptedOnly = "this address takes encrypted connections only: use "

  private static let plainHTTP1 = http1(encryptedOnly + "https://")

  /// An empty SETTINGS frame, as the first frame must be (RFC 9113 §3.4), and GOAWAY with the code
  /// INADEQUATE_SECURITY (§6.8, §7): no stream was processed.
  private static let plainHTTP2: [UInt8] = {
    let text = encryptedOnly + "https://"
    return [0, 0, 0, 4, 0, 0, 0, 0, 0]
      + [0, 0, UInt8(8 + text.utf8.count), 7, 0, 0, 0, 0, 0]
      + [0, 0, 0, 0, 0, 0, 0, 0xC] + Array(text.utf8)
  }()

  private static let plainBinary = ControlFrame.goAway(
    WireFailure(.denied, encryptedOnly + "TLS with ALPN atr/1"))

  private static func http1(_ line: String) -> [UInt8] {
    let text = line + "\n"
    return Array(
      """
      HTTP/1.1 400 Bad Request\r
      Connection: close\r
      Content-Type: text/plain\r
      Content-Length: \(text.utf8.count)\r
      \r
      \(text)
      """.utf8)
  }
}
