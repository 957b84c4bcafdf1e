// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Header sections, field by field. The library has checked syntax, pseudo-headers and their order
/// (RFC 9113 §8.3) before these are called.
extension SessionCore {
  /// Takes one field of the header section being read.
  mutating func field(name: Span<UInt8>, value: Span<UInt8>) {
    let slot = current
    guard slot >= 0, !slots[slot].inTrailers else { return }
    slots[slot].headerBytes &+= name.count &+ value.count &+ 32
    // Over the limit the rest is read, since the compression state needs it, but not kept.
    guard slots[slot].headerBytes <= limits.headerBytes,
      slots[slot].fields.count < limits.fieldCount
    else {
      if slots[slot].rejection == nil { slots[slot].rejection = .headersTooLarge }
      return
    }
    guard !name.isEmpty else { return }
    if name[0] == UInt8(ascii: ":") {
      pseudoField(name: name, value: value, slot: slot)
    } else {
      if isServer, name[0] == UInt8(ascii: "h"), name.equals("host") { host(value, slot: slot) }
      slots[slot].fields.append(name: name, value: value)
    }
  }

  private mutating func pseudoField(name: Span<UInt8>, value: Span<UInt8>, slot: Int) {
    guard name.count > 4 else { return }
    switch name[1] {
    case UInt8(ascii: "p"):  // :path
      guard value.count <= limits.targetBytes else {
        slots[slot].rejection = .uriTooLong
        return
      }
      guard value.isRequestTarget else {
        slots[slot].rejection = .malformed
        return
      }
      slots[slot].target.append(bytes: value)
    case UInt8(ascii: "m"):  // :method
      slots[slot].method = HTTPMethod(value)
    case UInt8(ascii: "a"):  // :authority
      setAuthority(value, slot: slot)
    case UInt8(ascii: "s"):
      if name[2] == UInt8(ascii: "c") {  // :scheme
        slots[slot].scheme =
          value.equals("http") ? .http : value.equals("https") ? .https : .other
      } else {  // :status
        var status = 0
        for index in value.indices where index < 3 {
          status = status &* 10 &+ Int(value[index] &- 0x30)
        }
        slots[slot].status = status
      }
    default:
      break
    }
  }

  private mutating func host(_ value: Span<UInt8>, slot: Int) {
    if let authority = slots[slot].authority {
      // Two names for one request: whoever routes by the other one is fooled.
      if !value.equals(authority.span) { slots[slot].rejection = .malformed }
    } else {
      setAuthority(value, slot: slot)
    }
  }

  private mutating func setAuthority(_ value: Span<UInt8>, slot: Int) {
    if !value.equals(lastAuthority.span) {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(value.count)
      bytes.append(bytes: value)
      lastAuthority = bytes
    }
    slots[slot].authority = lastAuthority
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
