// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// The members of a request, from its JSON body and its query alike.
///
/// An unknown or repeated member is an error: a misspelt `oder` never runs as `seq_cst`.
struct RequestMembers {
  private var members: [(name: String, value: JSONValue)] = []

  /// Reads the members of `request`.
  ///
  /// - Parameter permitted: The names that the resource takes.
  init(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, permitted: [String],
    readsBody: Bool = true
  ) throws(Problem) {
    let items: [HTTPTarget.QueryItem]
    do throws(PercentDecodingError) {
      items = try target.queryItems()
    } catch {
      throw Problem(.invalidValue, "the query has a broken percent escape or is not UTF-8")
    }
    for item in items { try add(item.name, .string(item.value), permitted) }
    if readsBody {
      try Self.checkContentType(request)
      for member in try Self.bodyMembers(request.body) {
        try add(member.name, member.value, permitted)
      }
    }
  }

  private static func bodyMembers(_ body: [UInt8]) throws(Problem) -> [JSONMember] {
    if body.isEmpty { return [] }
    let members: [JSONMember]?
    do throws(JSONError) {
      members = try JSONReader.members(of: body)
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
    guard let members else { throw Problem(.invalidValue, "the body is a JSON object") }
    return members
  }

  /// Bodies are JSON, whatever curl's `-d` calls them; anything that says it is something else is
  /// not read as JSON behind its sender's back.
  static func checkContentType(_ request: borrowing HTTPRequest) throws(Problem) {
    if request.fields.contains("content-encoding") {
      throw Problem(.unsupportedMediaType, "bodies are sent without a content encoding")
    }
    guard request.fields.contains("content-type") else { return }
    let type = request.fields.text("content-type") ?? ""
    let essence = type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    let accepted = ["application/json", "text/plain", "application/x-www-form-urlencoded"]
    guard accepted.contains(essence) else {
      throw Problem(.unsupportedMediaType, "a body is application/json")
    }
  }

  private mutating func add(_ name: String, _ value: JSONValue, _ permitted: [String])
    throws(Problem)
  {
    guard permitted.contains(name) else {
      let known = permitted.isEmpty ? "no members" : permitted.joined(separator: ", ")
      throw Problem(.unknownMember, "this resource takes \(known)", member: Self.shown(name))
    }
    guard !members.contains(where: { $0.name == name }) else {
      throw Problem(
        .duplicateMember, "a member stands once, in the body or in the query", member: name)
    }
    members.append((name, value))
  }

  /// What of a foreign name goes back to its sender.
  private static func shown(_ name: String) -> String {
    String(decoding: name.utf8.prefix(64), as: UTF8.self)
  }

  private func value(_ name: String) -> JSONValue? {
    for member in members where member.name == name { return member.value }
    return nil
  }

  func contains(anyOf names: [String]) -> Bool {
    members.contains { names.contains($0.name) }
  }

  /// The text of a value: a JSON string, or a number as it is written.
  func valueText(_ name: String) throws(Problem) -> String? {
    switch value(name) {
    case nil: return nil
    case .string(let text), .number(let text): return text
    default: throw Problem(.invalidValue, "\(name) is a string or a number", member: name)
    }
  }

  /// The text of a member that is a string.
  func text(_ name: String) throws(Problem) -> String? {
    switch value(name) {
    case nil: return nil
    case .string(let text): return text
    default: throw Problem(.invalidValue, "\(name) is a string", member: name)
    }
  }

  /// A whole number, written as a number or as a string of digits; nil where there is none.
  func number(_ name: String) throws(Problem) -> UInt64? {
    guard let text = try valueText(name) else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else {
      throw Problem(.invalidValue, "\(name) is a whole number", member: name)
    }
    guard let number = UInt64(text) else {
      throw Problem(.valueOutOfRange, "\(name) is at most \(UInt64.max)", member: name)
    }
    return number
  }

  func order(_ name: String) throws(Problem) -> MemoryOrder? {
    guard let text = try text(name) else { return nil }
    guard let order = MemoryOrder(name: text) else {
      throw Problem(
        .invalidOrder,
        "\(name) is one of " + MemoryOrder.allCases.map(\.name).joined(separator: ", "),
        member: name)
    }
    return order
  }

  func relation(_ name: String) throws(Problem) -> ValueRelation? {
    guard let text = try text(name) else { return nil }
    guard let relation = ValueRelation(name: text) else {
      throw Problem(
        .invalidValue,
        "\(name) is one of " + ValueRelation.allCases.map(\.name).joined(separator: ", "),
        member: name)
    }
    return relation
  }

  func overflow(_ name: String) throws(Problem) -> OverflowPolicy? {
    guard let text = try text(name) else { return nil }
    guard let policy = OverflowPolicy(name: text) else {
      throw Problem(
        .invalidValue,
        "\(name) is one of " + OverflowPolicy.allCases.map(\.name).joined(separator: ", "),
        member: name)
    }
    return policy
  }

  func type(_ name: String) throws(Problem) -> RegisterType? {
    guard let text = try text(name) else { return nil }
    guard let type = RegisterType(name: text) else {
      throw Problem(
        .invalidValue,
        "\(name) is one of " + RegisterType.all.map(\.name).joined(separator: ", "), member: name)
    }
    return type
  }

  /// The bits of a value of `type`.
  func bits(_ name: String, as type: RegisterType) throws(Problem) -> UInt128? {
    guard let text = try valueText(name) else { return nil }
    do throws(ValueError) {
      return try type.parse(text)
    } catch {
      throw Problem(error, member: name)
    }
  }
}
