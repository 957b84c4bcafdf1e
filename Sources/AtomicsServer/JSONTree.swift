// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A JSON value that is written as it will look, for documents that are made once:
///
///     ["type": "integer", "minimum": 0]
///
/// Members keep their order.
enum JSONTree: Sendable, Equatable {
  case string(String)
  case number(Int)
  case bool(Bool)
  case array([JSONTree])
  case object([Member])
  /// JSON already.
  case raw([UInt8])

  struct Member: Sendable, Equatable {
    var name: String
    var value: JSONTree
  }

  static func strings(_ texts: some Sequence<String>) -> JSONTree {
    .array(texts.map { .string($0) })
  }

  static func object(_ members: some Sequence<(String, JSONTree)>) -> JSONTree {
    .object(members.map { Member(name: $0.0, value: $0.1) })
  }

  /// Of an object: itself with the members of `others` behind its own.
  func with(_ others: JSONTree) -> JSONTree {
    guard case .object(let own) = self, case .object(let more) = others else { return self }
    return .object(own + more)
  }

  /// Of an object: itself without the members called `names`.
  func without(_ names: [String]) -> JSONTree {
    guard case .object(let own) = self else { return self }
    return .object(own.filter { !names.contains($0.name) })
  }

  /// Of an object: itself with what `change` makes of the member called `name`.
  func mapping(_ name: String, _ change: (JSONTree) -> JSONTree) -> JSONTree {
    guard case .object(let own) = self else { return self }
    return .object(
      own.map { $0.name == name ? Member(name: name, value: change($0.value)) : $0 })
  }

  func write(to json: inout JSONWriter) {
    switch self {
    case .string(let text): json.string(text)
    case .number(let number): json.number(number)
    case .bool(let bool): json.bool(bool)
    case .array(let elements):
      json.beginArray()
      for element in elements { element.write(to: &json) }
      json.endArray()
    case .object(let members):
      json.beginObject()
      for member in members {
        json.name(member.name)
        member.value.write(to: &json)
      }
      json.endObject()
    case .raw(let text): json.raw(text)
    }
  }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  init(stringLiteral text: String) { self = .string(text) }
}

extension JSONTree: ExpressibleByIntegerLiteral {
  init(integerLiteral number: Int) { self = .number(number) }
}

extension JSONTree: ExpressibleByBooleanLiteral {
  init(booleanLiteral bool: Bool) { self = .bool(bool) }
}

extension JSONTree: ExpressibleByArrayLiteral {
  init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
}

extension JSONTree: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral members: (String, JSONTree)...) { self = .object(members) }
}
