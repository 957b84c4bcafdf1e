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
    slots[current].headerBytes &+= name.count &+ value.count &+ 32
    // Over the limit the rest is read, since the compression state needs it, but not kept.
    guard slots[current].headerBytes <= limits.headerBytes else {
      slots[current].refuseHead()
      return true
    }
    if name.isEmpty || slots[current].inTrailers { return true }
    if name[0] == UInt8(ascii: ":") {
      slots[current].pseudoField(
        name: name, value: value, targetLimit: limits.targetBytes, lastAuthority: &lastAuthority)
      return true
    }
    slots[current].fieldCount &+= 1
    if slots[current].fieldCount > limits.fieldCount {
      slots[current].refuseHead()
    } else if isServer {
      slots[current].requestField(
        name: name, value: value, keepsEvery: limits.keepsUnknownFields,
        lastAuthority: &lastAuthority)
    } else {
      slots[current].response.fields.append(name: name, value: value)
    }
    return true
  }
}

/// Header sections, field by field. The library has checked syntax, pseudo-headers and their order
/// (RFC 9113 §8.3) before.
extension StreamSlot {
  fileprivate mutating func refuseHead() {
    if rejection == nil, !inTrailers { rejection = .headersTooLarge }
  }

  fileprivate mutating func requestField(
    name: Span<UInt8>, value: Span<UInt8>, keepsEvery: Bool, lastAuthority: inout [UInt8]
  ) {
    guard let known = HTTPFieldName(name) else {
      if keepsEvery { request.fields.append(name: name, value: value) }
      return
    }
    if known == .host {
      if let authority = request.authority {
        // Two names for one request: whoever routes by the other one is fooled.
        if !value.equals(authority.span) { rejection = .malformed }
      } else {
        setAuthority(value, last: &lastAuthority)
      }
    }
    request.fields.append(known, value)
  }

  fileprivate mutating func pseudoField(
    name: Span<UInt8>, value: Span<UInt8>, targetLimit: Int, lastAuthority: inout [UInt8]
  ) {
    guard name.count > 4 else { return }
    switch name[1] {
    case UInt8(ascii: "p"):  // :path
      if value.count > targetLimit {
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
    !isEmpty && isVisibleASCII && firstIndex(of: UInt8(ascii: "#"), from: 0) == count
  }
}
