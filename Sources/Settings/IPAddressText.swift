// SPDX-License-Identifier: Apache-2.0

/// Dotted decimal, strictly: four numbers 0 to 255 without leading zeros.
enum IPv4Text {
  static func octets(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var octets: [UInt8] = []
    for part in parts {
      guard let octet = UInt8(part), String(octet) == part else { return nil }
      octets.append(octet)
    }
    return octets
  }
}

/// RFC 4291 §2.2 text: eight groups, one run of zeros may be `::`; without zones and without the
/// dotted form.
enum IPv6Text {
  static func groups(_ text: String) -> [UInt16]? {
    guard let gap = text.firstRange(of: "::") else {
      let groups = plainGroups(text)
      return groups?.count == 8 ? groups : nil
    }
    guard let head = plainGroups(String(text[..<gap.lowerBound])),
      let tail = plainGroups(String(text[gap.upperBound...])),
      head.count + tail.count <= 7
    else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
  }

  private static func plainGroups(_ text: String) -> [UInt16]? {
    if text.isEmpty { return [] }
    var groups: [UInt16] = []
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit),
        let group = UInt16(part, radix: 16)
      else { return nil }
      groups.append(group)
    }
    return groups
  }
}
