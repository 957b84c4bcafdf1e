// SPDX-License-Identifier: Apache-2.0

/// What is known of the header section that is being read.
struct HeaderSection {
  /// What a request's head has had so far.
  struct Parts: OptionSet {
    let rawValue: UInt8

    static let method = Parts(rawValue: 1)
    static let scheme = Parts(rawValue: 2)
    static let path = Parts(rawValue: 4)
    static let authority = Parts(rawValue: 8)
    static let host = Parts(rawValue: 16)
    /// A field that is no pseudo-header: none of those may follow (RFC 9113 §8.3).
    static let field = Parts(rawValue: 32)
    static let connect = Parts(rawValue: 64)
  }

  var parts: Parts = []
  /// Names, values and 32 bytes per field, as SETTINGS_MAX_HEADER_LIST_SIZE counts.
  var byteCount = 0
  /// The fields so far, pseudo-headers counted.
  var place = 0
  /// Fields that have come, kept or not; pseudo-headers are none.
  var fieldCount = 0

  /// Notes a pseudo-header. They stand once each, before all others.
  /// - Returns: Whether it may stand here.
  @inline(__always)
  mutating func note(_ part: Parts) -> Bool {
    let isFine = parts.isDisjoint(with: part.union(.field))
    parts.formUnion(part)
    return isFine
  }

  /// Whether a request has what it must have, and nothing that it must not (RFC 9113 §8.3.1, §8.5);
  /// a server cannot do without an authority.
  var isWholeHead: Bool {
    let pseudo = parts.intersection([.method, .scheme, .path, .authority])
    if parts.contains(.connect) { return pseudo == [.method, .authority] }
    return pseudo.isSuperset(of: [.method, .scheme, .path])
      && !parts.isDisjoint(with: [.authority, .host])
  }
}
