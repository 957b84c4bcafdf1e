// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The members that requests have, in their JSON body or their query.
enum RequestMember: UInt8, CaseIterable, Sendable {
  case type, initial, label, owner, restoreGap
  case operand, expected, desired, unless, index
  case order, failureOrder, mask, relation, overflow, min, max
  case prefix, limit, cursor
  case name, op, create
  case until, timeout, then, interval

  /// The member's name.
  var text: StaticString {
    switch self {
    case .type: "type"
    case .initial: "initial"
    case .label: "label"
    case .owner: "owner"
    case .restoreGap: "restore_gap"
    case .operand: "operand"
    case .expected: "expected"
    case .desired: "desired"
    case .unless: "unless"
    case .index: "index"
    case .order: "order"
    case .failureOrder: "failure_order"
    case .mask: "mask"
    case .relation: "relation"
    case .overflow: "overflow"
    case .min: "min"
    case .max: "max"
    case .prefix: "prefix"
    case .limit: "limit"
    case .cursor: "cursor"
    case .name: "name"
    case .op: "op"
    case .create: "create"
    case .until: "until"
    case .timeout: "timeout_ms"
    case .then: "then"
    case .interval: "interval_ms"
    }
  }

  var name: String { text.description }

  /// The one of `permitted` that is called `name`.
  static func find(_ name: Span<UInt8>, in permitted: [RequestMember]) -> RequestMember? {
    for member in permitted where name.equals(member.text) { return member }
    return nil
  }

  /// Several members; each is the bit of its number.
  struct Set: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ members: [RequestMember]) {
      rawValue = members.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }

    @inline(__always)
    init(_ member: RequestMember) { rawValue = 1 &<< UInt32(member.rawValue) }
  }
}
