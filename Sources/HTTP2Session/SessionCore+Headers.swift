// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

extension SessionCore {
  /// How many times the limit a header section is unpacked. Up to there it is answered 431; beyond,
  /// each byte of the peer costs this side thousands (an HPACK bomb).
  private static let unpackedSections = 4

  /// Takes one field of the header section being read.
  /// - Returns: false if the section is a bomb: the connection must end.
  mutating func field(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
    unpackedBytes &+= name.count &+ value.count &+ 32
    hasHeaderBomb = isServer && unpackedBytes > Self.unpackedSections &* limits.headerBytes
    guard !hasHeaderBomb else { return false }
    guard current >= 0 else { return true }
    slots[current].field(
      name: name, value: value, isServer: isServer, limits: limits, lastAuthority: &lastAuthority)
    return true
  }
}

/// Header sections, field by field. The library has checked syntax, pseudo-headers and their order
/// (RFC 9113 §8.3) before.
extension StreamSlot {
  mutating func field(
    name: Span<UInt8>, value: Span<UInt8>, isServer: Bool, limits: borrowing HTTPLimits,
    lastAuthority: inout [UInt8]
  ) {
    guard !inTrailers else { return }
    headerBytes &+= name.count &+ value.count &+ 32
    let count = isServer ? request.fields.count : response.fields.count
    // Over the limit the rest is read, since the compression state needs it, but not kept.
    guard headerBytes <= limits.headerBytes, count < limits.fieldCount else {
      if rejection == nil { rejection = .headersTooLarge }
      return
    }
    guard !name.isEmpty else { return }
    if name[0] == UInt8(ascii: ":") {
      pseudoField(name: name, value: value, limits: limits, lastAuthority: &lastAuthority)
      return
    }
    guard isServer else { return response.fields.append(name: name, value: value) }
    if name[0] == UInt8(ascii: "h"), name.equals("host") {
      if let authority = request.authority {
        // Two names for one request: whoever routes by the other one is fooled.
        if !value.equals(authority.span) { rejection = .malformed }
      } else {
        setAuthority(value, last: &lastAuthority)
      }
    }
    request.fields.append(name: name, value: value)
  }

  private mutating func pseudoField(
    name: Span<UInt8>, value: Span<UInt8>, limits: borrowing HTTPLimits,
    lastAuthority: inout [UInt8]
  ) {
    guard name.count > 4 else { return }
    switch name[1] {
    case UInt8(ascii: "p"):  // :path
      if value.count > limits.targetBytes {
        rejection = .uriTooLong
      } else if value.isRequestTarget {
        request.target.append(bytes: value)
      } else {
        rejection = .malformed
      }
    case UInt8(ascii: "m"):  // :method
      request.method = HTTPMethod(value)
    case UInt8(ascii: "a"):  // :authority
      setAuthority(value, last: &lastAuthority)
    case UInt8(ascii: "s") where name[2] == UInt8(ascii: "c"):  // :scheme
      request.scheme = value.equals("http") ? .http : value.equals("https") ? .https : .other
    case UInt8(ascii: "s"):  // :status
      response.status = 0
      for index in value.indices where index < 3 {
        response.status = response.status &* 10 &+ Int(value[index] &- 0x30)
      }
    default:
      break
    }
  }

  /// Most requests of a connection have one authority: they share one copy of it.
  private mutating func setAuthority(_ value: Span<UInt8>, last: inout [UInt8]) {
    if !value.equals(last.span) {
      last = []
      last.reserveCapacity(value.count)
      last.append(bytes: value)
    }
    request.authority = last
  }
}

extension Span<UInt8> {
  /// Visible ASCII without a fragment.
  fileprivate var isRequestTarget: Bool {
    for index in indices {
      let byte = self[index]
      if byte &- 0x21 > 0x5D || byte == UInt8(ascii: "#") { return false }
    }
    return !isEmpty
  }
}
