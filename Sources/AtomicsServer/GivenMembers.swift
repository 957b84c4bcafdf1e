// SPDX-License-Identifier: Apache-2.0

/// What the members of a request were given, in the order in which they came.
///
/// One property for each, and no array: of one in line, an element is had by copying all of them,
/// and one on the heap is an allocation for each request.
struct GivenMembers {
  /// What a member was given.
  struct Value {
    enum Kind: UInt8 { case none, string, number, object, other }

    var member = RequestMember.type
    var kind = Kind.none
    /// Whether the text lies apart from the body.
    var isDecoded = false
    var start: UInt32 = 0
    var end: UInt32 = 0

    static var none: Value { Value() }
  }

  /// No resource takes more members than this.
  static let limit = 16

  private var count = 0
  private var value0 = Value.none
  private var value1 = Value.none
  private var value2 = Value.none
  private var value3 = Value.none
  private var value4 = Value.none
  private var value5 = Value.none
  private var value6 = Value.none
  private var value7 = Value.none
  private var value8 = Value.none
  private var value9 = Value.none
  private var value10 = Value.none
  private var value11 = Value.none
  private var value12 = Value.none
  private var value13 = Value.none
  private var value14 = Value.none
  private var value15 = Value.none

  /// Adds a member that is not there yet; there is room for all that a resource takes.
  mutating func append(_ value: Value) {
    switch count {
    case 0: value0 = value
    case 1: value1 = value
    case 2: value2 = value
    case 3: value3 = value
    case 4: value4 = value
    case 5: value5 = value
    case 6: value6 = value
    case 7: value7 = value
    case 8: value8 = value
    case 9: value9 = value
    case 10: value10 = value
    case 11: value11 = value
    case 12: value12 = value
    case 13: value13 = value
    case 14: value14 = value
    case 15: value15 = value
    default: preconditionFailure("a resource takes at most \(Self.limit) members")
    }
    count &+= 1
  }

  /// What a member was given that is there.
  @inline(__always)
  func value(of member: RequestMember) -> Value {
    if value0.member == member, count > 0 { return value0 }
    if value1.member == member, count > 1 { return value1 }
    if value2.member == member, count > 2 { return value2 }
    if value3.member == member, count > 3 { return value3 }
    return rest(of: member)
  }

  /// The same behind those that most requests have.
  @inline(never)
  private func rest(of member: RequestMember) -> Value {
    if value4.member == member, count > 4 { return value4 }
    if value5.member == member, count > 5 { return value5 }
    if value6.member == member, count > 6 { return value6 }
    if value7.member == member, count > 7 { return value7 }
    if value8.member == member, count > 8 { return value8 }
    if value9.member == member, count > 9 { return value9 }
    if value10.member == member, count > 10 { return value10 }
    if value11.member == member, count > 11 { return value11 }
    if value12.member == member, count > 12 { return value12 }
    if value13.member == member, count > 13 { return value13 }
    if value14.member == member, count > 14 { return value14 }
    if value15.member == member, count > 15 { return value15 }
    return .none
  }
}
