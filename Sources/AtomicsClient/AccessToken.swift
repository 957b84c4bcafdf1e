// SPDX-License-Identifier: Apache-2.0

import TLSSession
package import WireProtocol

/// A secret that tells a server who asks. It never shows in a description or a log.
///
/// The server knows its SHA-256 alone, from its access file.
public struct AccessToken: Equatable, Sendable {
  package let bearer: BearerToken

  /// Takes a token as `atomics-client token new` prints it; white space around it does not count.
  ///
  /// - Throws: ``ClientError/usage(_:)`` for what is none; the text does not show it.
  public init(_ text: String) throws(ClientError) {
    let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    let bytes = Array(text.utf8).drop { space.contains($0) }
    let end = bytes.lastIndex { !space.contains($0) }.map { $0 + 1 } ?? bytes.startIndex
    bearer = BearerToken(Array(bytes[bytes.startIndex..<end]))
    guard bearer.isWellFormed else {
      throw .usage(
        "this is no token: one is \(BearerToken.prefix) and \(2 * BearerToken.secretByteCount) "
          + "lower-case hex digits, as `atomics-client token new` prints it")
    }
  }

  private init(_ bearer: BearerToken) { self.bearer = bearer }

  /// A token that nobody has: 256 random bits.
  ///
  /// - Throws: ``ClientError/usage(_:)`` where the system gives no random bytes.
  public static func new() throws(ClientError) -> AccessToken {
    do throws(TLSError) {
      return AccessToken(
        BearerToken(secret: try randomBytes(count: BearerToken.secretByteCount)))
    } catch {
      throw .usage("no token can be made: \(error)")
    }
  }

  /// The secret itself, to be shown once to whoever is to have it.
  public var secret: String { String(decoding: bearer.bytes, as: UTF8.self) }

  /// What the server's access file holds: SHA-256 of the text, 64 hex digits.
  public var sha256: String {
    SHA256.digest(bearer.bytes.span).reduce(into: "") { text, byte in
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}

extension AccessToken: CustomStringConvertible {
  public var description: String { "\(bearer)" }
}
