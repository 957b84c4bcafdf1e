// SPDX-License-Identifier: Apache-2.0

import JSONText

/// Members by name: each answers nil where there is none or its value is of another kind.
extension [JSONMember] {
  func text(_ name: String) -> String? {
    guard case .string(let text)? = member(name)?.value else { return nil }
    return text
  }

  func boolean(_ name: String) -> Bool? {
    guard case .bool(let value)? = member(name)?.value else { return nil }
    return value
  }

  func integer<Value: FixedWidthInteger>(_ name: String) -> Value? {
    guard case .number(let text)? = member(name)?.value else { return nil }
    return Value(text)
  }

  func member(_ name: String) -> JSONMember? { first { $0.name == name } }
}
