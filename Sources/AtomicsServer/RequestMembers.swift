// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// The members of a request, from its JSON body and its query alike; their texts stay where they
/// stand.
///
/// An unknown or repeated member is an error: a misspelt `oder` never runs as `seq_cst`.
struct RequestMembers {
  private var given = GivenMembers()
  /// Those that were given.
  private(set) var present: RequestMember.Set = []
  private let body: [UInt8]
  /// The texts that do not stand in the body as they are meant.
  private var decoded: [UInt8] = []

  /// Reads the members of `request`.
  ///
  /// - Parameter permitted: The members that the resource takes.
  init(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, permitted: [RequestMember],
    readsBody: Bool = true
  ) throws(Problem) {
    body = readsBody ? request.body : []
    if target.query != nil { try addQuery(target, permitted) }
    if readsBody {
      try Self.checkContentType(request)
      if !body.isEmpty { try addBody(0..<body.count, permitted) }
    }
  }

  /// Reads the members of the next element of an array in `body`.
  ///
  /// - Parameter reader: Of the elements, all of which are known to be JSON.
  /// - Returns: Nil after the last element.
  /// - Throws: ``Problem`` for this element; the next one can be read all the same.
  init?(
    elementOf body: [UInt8], _ reader: inout JSONReader, permitted: [RequestMember]
  ) throws(Problem) {
    self.body = body
    var problem: Problem?
    let element: JSONElement?
    do throws(JSONError) {
      element = try reader.visitElement { name, value in
        add(name, value, permitted, in: body, &problem)
      }
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
    guard let element else { return nil }
    if element == .other { throw Problem(.invalidValue, "an operation is a JSON object") }
    if let problem { throw problem }
  }

  /// As above, of elements that are all flat.
  init?(
    flatElementOf body: [UInt8], _ reader: inout JSONReader, permitted: [RequestMember]
  ) throws(Problem) {
    self.body = body
    var problem: Problem?
    var isGood = true
    let isThere: Bool
    do throws(JSONError) {
      isThere = try reader.visitFlatElement { name, value, isString in
        guard isGood else { return }
        do throws(Problem) {
          let member = try permit(body.span.extracting(name), permitted)
          set(member, isString ? .string : .number, value)
        } catch {
          isGood = false
          problem = error
        }
      }
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
    if let problem { throw problem }
    guard isThere else { return nil }
  }

  /// Reads the members of an object that is itself a member of a request.
  ///
  /// - Parameter range: What ``object(_:)`` gave.
  init(
    in outer: borrowing RequestMembers, range: Range<Int>, permitted: [RequestMember]
  ) throws(Problem) {
    body = outer.body
    try addBody(range, permitted)
  }

  private mutating func addQuery(_ target: HTTPTarget, _ permitted: [RequestMember])
    throws(Problem)
  {
    for item in try Self.queryItems(of: target) {
      try add(item.name.utf8.span, .string(.decoded(item.value)), permitted)
    }
  }

  static func queryItems(of target: HTTPTarget) throws(Problem) -> [HTTPTarget.QueryItem] {
    do throws(PercentDecodingError) {
      return try target.queryItems()
    } catch {
      throw Problem(.invalidValue, "the query has a broken percent escape or is not UTF-8")
    }
  }

  /// Nothing is judged before all of the body is known to be JSON.
  private mutating func addBody(
    _ range: Range<Int>, _ permitted: [RequestMember]
  ) throws(Problem) {
    let body = body
    var problem: Problem?
    let isObject: Bool
    do throws(JSONError) {
      isObject = try JSONReader.visitMembers(of: body, range: range) { name, value in
        add(name, value, permitted, in: body, &problem)
      }
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
    guard isObject else { throw Problem(.invalidValue, "the body is a JSON object") }
    if let problem { throw problem }
  }

  /// Adds a member, unless there is a problem already.
  private mutating func add(
    _ name: JSONString, _ value: JSONScalar, _ permitted: [RequestMember], in body: [UInt8],
    _ problem: inout Problem?
  ) {
    guard problem == nil else { return }
    do throws(Problem) {
      switch name {
      case .plain(let range): try add(body.span.extracting(range), value, permitted)
      case .decoded(let text): try add(text.utf8.span, value, permitted)
      }
    } catch {
      problem = error
    }
  }

  /// Bodies are JSON, whatever curl's `-d` calls them; anything that says it is something else is
  /// not read as JSON behind its sender's back.
  static func checkContentType(_ request: borrowing HTTPRequest) throws(Problem) {
    guard request.fields.contains(.contentType),
      !request.fields.first(.contentType, equals: "application/json")
    else { return }
    let type = request.fields.text(.contentType) ?? ""
    let essence = type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    let accepted = ["application/json", "text/plain", "application/x-www-form-urlencoded"]
    guard accepted.contains(essence) else {
      throw Problem(.unsupportedMediaType, "a body is application/json")
    }
  }

  private mutating func add(
    _ name: Span<UInt8>, _ value: JSONScalar, _ permitted: [RequestMember]
  ) throws(Problem) {
    let member = try permit(name, permitted)
    switch value {
    case .string(.plain(let range)): set(member, .string, range)
    case .string(.decoded(let text)):
      let start = decoded.count
      decoded.append(contentsOf: text.utf8)
      set(member, .string, start..<decoded.count, isDecoded: true)
    case .number(let range): set(member, .number, range)
    case .object(let range): set(member, .object, range)
    case .other: set(member, .other, 0..<0)
    }
  }

  /// The member called `name`, if it may stand here and does not yet.
  private func permit(
    _ name: Span<UInt8>, _ permitted: [RequestMember]
  ) throws(Problem) -> RequestMember {
    guard let member = RequestMember.find(name, in: permitted) else {
      throw Self.unknown(Self.shown(name), permitted)
    }
    guard !present.contains(RequestMember.Set(member)) else {
      throw Problem(
        .duplicateMember, "a member stands once, in the body or in the query", member: member.name)
    }
    return member
  }

  private static func unknown(_ name: String, _ permitted: [RequestMember]) -> Problem {
    let known =
      permitted.isEmpty ? "no members" : permitted.map(\.name).joined(separator: ", ")
    return Problem(.unknownMember, "this resource takes \(known)", member: name)
  }

  /// - Throws: ``Problem`` for a member that is none of `permitted`, where more were let in.
  func require(onlyFrom permitted: [RequestMember], _ set: RequestMember.Set) throws(Problem) {
    if present.isSubset(of: set) { return }
    for member in RequestMember.allCases where present.contains(RequestMember.Set(member)) {
      if !permitted.contains(member) { throw Self.unknown(member.name, permitted) }
    }
  }

  private mutating func set(
    _ member: RequestMember, _ kind: GivenMembers.Value.Kind, _ range: Range<Int>,
    isDecoded: Bool = false
  ) {
    present.formUnion(RequestMember.Set(member))
    given.append(
      GivenMembers.Value(
        member: member, kind: kind, isDecoded: isDecoded,
        start: UInt32(truncatingIfNeeded: range.lowerBound),
        end: UInt32(truncatingIfNeeded: range.upperBound)))
  }

  /// What of a foreign name goes back to its sender.
  private static func shown(_ name: Span<UInt8>) -> String {
    let end = Swift.min(name.count, 64)
    return String(decoding: (0..<end).map { name[$0] }, as: UTF8.self)
  }

  /// What a member was given.
  @inline(__always)
  private func value(of member: RequestMember) -> GivenMembers.Value {
    present.contains(RequestMember.Set(member)) ? given.value(of: member) : .none
  }

  private func text(of value: GivenMembers.Value) -> ArraySlice<UInt8> {
    let range = Int(value.start)..<Int(value.end)
    return value.isDecoded ? decoded[range] : body[range]
  }

  func contains(anyOf members: [RequestMember]) -> Bool {
    for member in members where present.contains(RequestMember.Set(member)) { return true }
    return false
  }

  /// The text of a value: a JSON string, or a number as it is written.
  func valueText(_ member: RequestMember) throws(Problem) -> ArraySlice<UInt8>? {
    let value = value(of: member)
    switch value.kind {
    case .none: return nil
    case .string, .number: return text(of: value)
    case .object, .other:
      throw Problem(
        .invalidValue, "\(member.name) is a string or a number", member: member.name)
    }
  }

  /// The bytes of a member that is a string.
  func string(_ member: RequestMember) throws(Problem) -> ArraySlice<UInt8>? {
    let value = value(of: member)
    switch value.kind {
    case .none: return nil
    case .string: return text(of: value)
    case .number, .object, .other:
      throw Problem(.invalidValue, "\(member.name) is a string", member: member.name)
    }
  }

  /// The text of a member that is a string.
  func text(_ member: RequestMember) throws(Problem) -> String? {
    try string(member).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Where the object that a member is stands in the body.
  func object(_ member: RequestMember) throws(Problem) -> Range<Int>? {
    let value = value(of: member)
    switch value.kind {
    case .none: return nil
    case .object: return Int(value.start)..<Int(value.end)
    case .string, .number, .other:
      throw Problem(.invalidValue, "\(member.name) is an object", member: member.name)
    }
  }

  /// The text of a member of an object in the body, if it has that one as a string, whatever
  /// others it has.
  func text(_ member: RequestMember, in range: Range<Int>) -> String? {
    var text: String?
    _ = try? JSONReader.visitMembers(of: body, range: range) { name, value in
      guard name.text(in: body) == member.name, case .string(let string) = value else { return }
      text = string.text(in: body)
    }
    return text
  }

  /// A whole number, written as a number or as a string of digits; nil where there is none.
  func number(_ member: RequestMember) throws(Problem) -> UInt64? {
    guard let text = try valueText(member) else { return nil }
    return try Self.number(text, member, upTo: .max)
  }

  /// The whole number that the text of a member tells in decimal digits.
  static func number(
    _ text: some Collection<UInt8>, _ member: RequestMember, upTo limit: UInt64
  ) throws(Problem) -> UInt64 {
    guard !text.isEmpty, text.allSatisfy({ $0 &- 0x30 < 10 }) else {
      throw Problem(.invalidValue, "\(member.name) is a whole number", member: member.name)
    }
    guard let number = UInt64(String(decoding: text, as: UTF8.self)), number <= limit else {
      throw Problem(.valueOutOfRange, "\(member.name) is at most \(limit)", member: member.name)
    }
    return number
  }

  func order(_ member: RequestMember) throws(Problem) -> MemoryOrder? {
    guard let text = try text(member) else { return nil }
    return try Self.known(
      MemoryOrder(name: text), member, .invalidOrder, MemoryOrder.allCases.map(\.name))
  }

  func relation(_ member: RequestMember) throws(Problem) -> ValueRelation? {
    guard let text = try text(member) else { return nil }
    return try Self.known(
      ValueRelation(name: text), member, .invalidValue, ValueRelation.allCases.map(\.name))
  }

  func overflow(_ member: RequestMember) throws(Problem) -> OverflowPolicy? {
    guard let text = try text(member) else { return nil }
    return try Self.known(
      OverflowPolicy(name: text), member, .invalidValue, OverflowPolicy.allCases.map(\.name))
  }

  func type(_ member: RequestMember) throws(Problem) -> RegisterType? {
    guard let text = try text(member) else { return nil }
    return try Self.known(
      RegisterType(name: text), member, .invalidValue, RegisterType.all.map(\.name))
  }

  /// - Throws: ``Problem`` with all that `member` may be, where `value` is nil.
  private static func known<Value>(
    _ value: Value?, _ member: RequestMember, _ kind: Problem.Kind,
    _ names: @autoclosure () -> [String]
  ) throws(Problem) -> Value {
    guard let value else {
      throw Problem(
        kind, "\(member.name) is one of " + names().joined(separator: ", "), member: member.name)
    }
    return value
  }

  /// The bits of a value of `type`.
  func bits(_ member: RequestMember, as type: RegisterType) throws(Problem) -> UInt128? {
    guard let text = try valueText(member) else { return nil }
    do throws(ValueError) {
      return try type.parse(text.span)
    } catch {
      throw Problem(error, member: member.name)
    }
  }
}
