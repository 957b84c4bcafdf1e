// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// Header sections, field by field.
extension SessionCore {
  /// How many times the limit a header section is unpacked. Up to there it is answered 431; beyond,
  /// each byte of the peer costs this side thousands (an HPACK bomb).
  private static let unpackedSections = 4

  /// What a field does to the section that it stands in.
  enum Verdict {
    case fine
    /// The stream is malformed.
    case malformed
    /// The connection must end.
    case bomb
  }

  /// Takes one field of a request, or of its trailers.
  @inline(__always)
  mutating func requestField(_ name: OpaquePointer, _ value: OpaquePointer) -> Verdict {
    // Safety: both strings live at least until the callback that calls this returns.
    guard current >= 0, let entry = unsafe seen.entry(at: section.place),
      unsafe entry.pointee.name == name, !slots[current].inTrailers
    else { return unsafe newField(name, value) }
    let meaning = unsafe entry.pointee.meaning
    var byteCount = unsafe entry.pointee.byteCount
    var isTarget = false
    if unsafe entry.pointee.value != value {
      // Targets and lengths come as they are each time.
      let bytes = unsafe Self.bytes(value)
      switch meaning {
      case .path:
        // Only one that this slot had before is known to be well formed.
        guard slots[current].request.target.span.equals(unsafe bytes.span) else {
          return unsafe newField(name, value)
        }
        isTarget = true
      case .contentLength: break
      default: return unsafe newField(name, value)
      }
      byteCount &+= bytes.count
    }
    section.place &+= 1
    section.byteCount &+= byteCount
    guard section.byteCount <= limits.headerBytes else {
      slots[current].refuseHead()
      return countsAsBomb ? .bomb : .fine
    }
    if isTarget { return section.note(.path) ? .fine : .malformed }
    return unsafe take(meaning, value) ? .fine : .malformed
  }

  /// Takes a field that is not known already.
  @inline(never)
  private mutating func newField(_ name: OpaquePointer, _ value: OpaquePointer) -> Verdict {
    // Safety: as in `requestField`.
    let nameBuffer = unsafe Self.bytes(name)
    let nameBytes = unsafe nameBuffer.span
    let valueBuffer = unsafe Self.bytes(value)
    let valueBytes = unsafe valueBuffer.span
    let byteCount = nameBytes.count &+ valueBytes.count &+ 32
    let place = section.place
    section.place &+= 1
    section.byteCount &+= byteCount
    if countsAsBomb { return .bomb }
    guard current >= 0 else { return .fine }
    // Over the limit the rest is read, since the compression state needs it, but not kept.
    guard section.byteCount <= limits.headerBytes else {
      slots[current].refuseHead()
      return .fine
    }
    guard let meaning = FieldMeaning(name: nameBytes, value: valueBytes) else { return .malformed }
    if slots[current].inTrailers { return meaning.mayTrail ? .fine : .malformed }
    if case .foreign = meaning, limits.keepsUnknownFields {
      noteField()
      if section.fieldCount <= limits.fieldCount {
        slots[current].request.fields.append(name: nameBytes, value: valueBytes)
      }
      return .fine
    }
    unsafe seen.keep(
      name, value, meaning, nameCount: nameBytes.count, valueCount: valueBytes.count, at: place)
    return unsafe take(meaning, value) ? .fine : .malformed
  }

  private var countsAsBomb: Bool {
    mutating get {
      hasHeaderBomb = isServer && section.byteCount > Self.unpackedSections &* limits.headerBytes
      return hasHeaderBomb
    }
  }

  /// Does what a field means.
  /// - Returns: false if it may not stand here.
  @inline(__always)
  private mutating func take(_ meaning: FieldMeaning, _ value: OpaquePointer) -> Bool {
    switch meaning {
    case .method(let method):
      slots[current].request.method = method
      return section.note(.method)
    case .connect:
      section.parts.formUnion(.connect)
      return section.note(.method)
    case .scheme(let scheme):
      slots[current].request.scheme = scheme
      return section.note(.scheme)
    case .authority:
      guard section.note(.authority) else { return false }
      unsafe slots[current].setAuthority(Self.bytes(value).span)
      return true
    case .path:
      guard section.note(.path) else { return false }
      unsafe slots[current].setTarget(Self.bytes(value).span, limit: limits.targetBytes)
      return true
    case .foreign:
      noteField()
      return true
    case .known(let name):
      noteField()
      if section.fieldCount <= limits.fieldCount {
        unsafe slots[current].request.fields.append(name, Self.bytes(value).span)
      }
      return true
    case .host, .contentLength:
      return unsafe takeUnique(meaning, value)
    }
  }

  /// A field that stands once.
  @inline(never)
  private mutating func takeUnique(_ meaning: FieldMeaning, _ value: OpaquePointer) -> Bool {
    // Safety: as in `requestField`.
    let buffer = unsafe Self.bytes(value)
    let bytes = unsafe buffer.span
    noteField()
    if case .contentLength = meaning {
      guard slots[current].declaredLength < 0, let length = bytes.contentLength else {
        return false
      }
      slots[current].declaredLength = length
      if section.fieldCount <= limits.fieldCount {
        slots[current].request.fields.append(.contentLength, bytes)
      }
      return true
    }
    guard !section.parts.contains(.host) else { return false }
    section.parts.formUnion(.host)
    if !section.parts.contains(.authority) {
      slots[current].setAuthority(bytes)
    } else if !slots[current].hasAuthority(bytes) {
      // Two names for one request: whoever routes by the other one is fooled.
      slots[current].rejection = .malformed
    }
    if section.fieldCount <= limits.fieldCount {
      slots[current].request.fields.append(.host, bytes)
    }
    return true
  }

  /// Counts a field that is no pseudo-header.
  @inline(__always)
  private mutating func noteField() {
    section.parts.formUnion(.field)
    section.fieldCount &+= 1
    if section.fieldCount > limits.fieldCount { slots[current].refuseHead() }
  }

  @inline(__always)
  private static func bytes(_ string: OpaquePointer) -> UnsafeBufferPointer<UInt8> {
    // Safety: as in `requestField`.
    let bytes = unsafe nghttp2_rcbuf_get_buf(string)
    return unsafe UnsafeBufferPointer(start: bytes.base, count: bytes.len)
  }

  /// Whether the head in a slot is one of a request. Makes it whole.
  mutating func hasWholeHead(_ slot: Int) -> Bool {
    guard section.isWholeHead else { return false }
    if section.parts.isDisjoint(with: [.authority, .host]) { slots[slot].request.authority = nil }
    if section.parts.contains(.connect) {
      // CONNECT has no path (RFC 9113 §8.5), and no body.
      slots[slot].request.target = slots[slot].request.authority ?? []
      slots[slot].declaredLength = -1
      return true
    }
    return slots[slot].hasFittingTarget
  }

  /// Takes one field of a response. The library has checked it.
  /// - Returns: false if the section is a bomb: the connection must end.
  mutating func responseField(name: Span<UInt8>, value: Span<UInt8>) {
    section.byteCount &+= name.count &+ value.count &+ 32
    guard current >= 0 else { return }
    guard section.byteCount <= limits.headerBytes else { return slots[current].refuseHead() }
    if name.isEmpty || slots[current].inTrailers { return }
    if name[0] == UInt8(ascii: ":") {
      slots[current].response.status = 0
      for index in value.indices where index < 3 {
        slots[current].response.status =
          slots[current].response.status &* 10 &+ Int(value[index] &- 0x30)
      }
      return
    }
    section.fieldCount &+= 1
    if section.fieldCount > limits.fieldCount {
      slots[current].refuseHead()
    } else {
      slots[current].response.fields.append(name: name, value: value)
    }
  }
}

extension FieldMeaning {
  /// Whether it may stand in trailers (RFC 9113 §8.1, RFC 9110 §6.5.1).
  fileprivate var mayTrail: Bool {
    switch self {
    case .known, .foreign: true
    case .method, .connect, .scheme, .authority, .path, .host, .contentLength: false
    }
  }
}

extension StreamSlot {
  fileprivate mutating func refuseHead() {
    if rejection == nil, !inTrailers { rejection = .headersTooLarge }
  }

  /// Takes `:path`; where the slot's last request had the same, that is known to be one.
  @inline(__always)
  fileprivate mutating func setTarget(_ value: Span<UInt8>, limit: Int) {
    if request.target.span.equals(value) { return }
    changeTarget(value, limit: limit)
  }

  @inline(never)
  private mutating func changeTarget(_ value: Span<UInt8>, limit: Int) {
    if value.count > limit {
      rejection = .uriTooLong
    } else if value.isRequestTarget {
      request.target.become(value)
    } else {
      rejection = .malformed
    }
  }

  @inline(__always)
  fileprivate mutating func setAuthority(_ value: Span<UInt8>) {
    if hasAuthority(value) { return }
    changeAuthority(value)
  }

  @inline(__always)
  fileprivate func hasAuthority(_ value: Span<UInt8>) -> Bool {
    guard let authority = request.authority else { return false }
    return authority.span.equals(value)
  }

  @inline(never)
  private mutating func changeAuthority(_ value: Span<UInt8>) {
    var authority = request.authority ?? []
    request.authority = nil
    authority.become(value)
    request.authority = authority
  }

  /// Whether the target is one that its method and scheme have (RFC 9113 §8.3.1).
  fileprivate var hasFittingTarget: Bool {
    let target = request.target.span
    return request.scheme == .other || target.isEmpty || target[0] == UInt8(ascii: "/")
      || request.method == .options && target.equals("*")
  }
}

extension Span<UInt8> {
  /// Visible ASCII without a fragment.
  fileprivate var isRequestTarget: Bool {
    !isEmpty && isVisibleASCII && firstIndex(of: UInt8(ascii: "#"), from: 0) == count
  }
}
