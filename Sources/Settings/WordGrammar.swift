// SPDX-License-Identifier: Apache-2.0

/// What a word of a list setting may look like.
enum WordGrammar: Sendable {
  /// A host name as `Host` carries it: letters, digits, `.`, `-`, `_`; no port.
  case host
  /// `SCHEME://HOST[:PORT]`, as browsers send `Origin`.
  case origin

  /// The word in the form that it is compared in.
  func check(_ word: String) throws(SettingProblem) -> String {
    let lower = word.lowercased()
    switch self {
    case .host:
      guard Self.isHost(lower) else {
        throw SettingProblem(
          "'\(word)' is not a host name",
          allowed: "letters, digits, '.', '-' and '_', without a port")
      }
    case .origin:
      guard Self.isOrigin(lower) else {
        throw SettingProblem(
          "'\(word)' is not an origin", allowed: "SCHEME://HOST or SCHEME://HOST:PORT, no path")
      }
    }
    return lower
  }

  private static func isHost(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.count <= 253
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private static func isOrigin(_ text: String) -> Bool {
    guard let mark = text.firstRange(of: "://"),
      ["http", "https"].contains(text[..<mark.lowerBound])
    else { return false }
    let authority = text[mark.upperBound...]
    guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else {
      return isHostOrAddress(authority)
    }
    let port = authority[authority.index(after: colon)...]
    return isHostOrAddress(authority[..<colon]) && UInt16(port) != nil && !port.hasPrefix("+")
  }

  private static func isHostOrAddress(_ text: Substring) -> Bool {
    if text.hasPrefix("["), text.hasSuffix("]") {
      return IPv6Text.groups(String(text.dropFirst().dropLast())) != nil
    }
    return isHost(text)
  }
}
