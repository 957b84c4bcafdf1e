// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// A request's target as the access log may tell it.
enum LoggedTarget {
  /// What stands where something was left out.
  private static let ellipsis = Array("…".utf8)

  /// The path as sent, and of the query the members that the interface has: somebody may have put
  /// a token there, which belongs into no log. Both are cut where they are long.
  static func text(_ target: [UInt8]) -> [UInt8] {
    let path = target.prefix { $0 != UInt8(ascii: "?") }
    // Broken requests alone have bytes beyond ASCII.
    var text = path.prefix(AccessLine.targetLimit).map { $0 < 0x7F ? $0 : UInt8(ascii: "?") }
    guard path.count <= AccessLine.targetLimit else { return text + ellipsis }
    guard path.count < target.count else { return text }
    var separator = UInt8(ascii: "?")
    for item in target[(path.endIndex + 1)...].split(
      separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    {
      text.append(separator)
      separator = UInt8(ascii: "&")
      guard text.count + item.count <= AccessLine.targetLimit else { return text + ellipsis }
      text += isKnown(item) ? Array(item) : ellipsis
    }
    return text
  }

  /// Whether the item is a member that requests have, under its plain name.
  private static func isKnown(_ item: ArraySlice<UInt8>) -> Bool {
    let name = item.prefix { $0 != UInt8(ascii: "=") }
    return item.allSatisfy { $0 < 0x7F }
      && RequestMember.allCases.contains { $0.name.utf8.elementsEqual(name) }
  }
}
