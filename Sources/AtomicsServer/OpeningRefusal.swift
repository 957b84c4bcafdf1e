// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
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

  private static let plainHTTP2 = http2(inadequateSecurity, encryptedOnly + "https://")

  private static let plainBinary = ControlFrame.goAway(
    WireFailure(.denied, encryptedOnly + "TLS with ALPN atr/1"))

  // MARK: - One connection too many

  /// The server has as many connections as it may; empty for what has no such answer.
  ///
  /// - Parameter welcome: What the server answers to a greeting.
  static func tooMany(_ opening: OpeningBytes, _ welcome: Welcome) -> [UInt8] {
    switch opening {
    case .http1: return tooManyHTTP1
    case .http2: return tooManyHTTP2
    case .binary:
      var refusal = welcome
      refusal.status = .limit
      return refusal.bytes
    case .undecided, .tls, .unknown: return []
    }
  }

  private static let tooManyText =
    "the server has as many connections as it may; try again later"
  private static let tooManyHTTP2 = http2(enhanceYourCalm, tooManyText)
  private static let tooManyHTTP1: [UInt8] = {
    let response = Problem(.tooManyConnections, tooManyText).response
    return http1(
      "503 Service Unavailable", "application/problem+json", response.body,
      more: "Retry-After: 1\r\n")
  }()

  // MARK: - Answers

  private static func http1(_ line: String) -> [UInt8] {
    http1("400 Bad Request", "text/plain", Array((line + "\n").utf8))
  }

  private static func http1(
    _ status: String, _ contentType: String, _ body: [UInt8], more: String = ""
  ) -> [UInt8] {
    let head = """
      HTTP/1.1 \(status)\r
      Connection: close\r
      \(more)Content-Type: \(contentType)\r
      Content-Length: \(body.count)\r
      \r

      """
    return Array(head.utf8) + body
  }

  // Error codes of RFC 9113 §7.
  private static let enhanceYourCalm: UInt8 = 0xB
  private static let inadequateSecurity: UInt8 = 0xC

  /// An empty SETTINGS frame, as the first frame must be (RFC 9113 §3.4), and GOAWAY (§6.8): no
  /// stream was processed.
  private static func http2(_ code: UInt8, _ text: String) -> [UInt8] {
    [0, 0, 0, 4, 0, 0, 0, 0, 0]
      + [0, 0, UInt8(8 + text.utf8.count), 7, 0, 0, 0, 0, 0]
      + [0, 0, 0, 0, 0, 0, 0, code] + Array(text.utf8)
  }
}
