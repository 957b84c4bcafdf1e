// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What answers are made of, as `Accept` speaks of it.
struct MediaType: Equatable, Sendable {
  let type: StaticString
  let subtype: StaticString

  static let json = MediaType(type: "application", subtype: "json")
  static let eventStream = MediaType(type: "text", subtype: "event-stream")
  static let plainText = MediaType(type: "text", subtype: "plain")

  static func == (one: MediaType, other: MediaType) -> Bool { one.description == other.description }

  /// Whether the value of an `Accept` field permits it (RFC 9110 §12.5.1): of the ranges that it
  /// is in, the most specific one decides, by a weight above 0. What is no range counts as none.
  func isAccepted(by field: ArraySlice<UInt8>) -> Bool {
    var best = (specificity: -1, isPermitted: false)
    for range in field.split(separator: UInt8(ascii: ",")) {
      let parts = range.split(separator: UInt8(ascii: ";"))
      guard let name = parts.first.map(Self.trimmed), let specificity = specificity(name),
        specificity >= best.specificity
      else { continue }
      best = (specificity, !parts.dropFirst().contains { Self.isZeroWeight(Self.trimmed($0)) })
    }
    return best.isPermitted
  }

  /// How closely the range called `name` describes the type; nil: it does not.
  private func specificity(_ name: ArraySlice<UInt8>) -> Int? {
    let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    if parts[0] == [UInt8(ascii: "*")], parts[1] == [UInt8(ascii: "*")] { return 0 }
    let (range, subrange) = (parts[0], parts[1])
    guard range.span.equalsIgnoringCase(type) else { return nil }
    if subrange == [UInt8(ascii: "*")] { return 1 }
    return subrange.span.equalsIgnoringCase(subtype) ? 2 : nil
  }

  /// Whether a parameter is `q` with nothing but zeros.
  private static func isZeroWeight(_ parameter: ArraySlice<UInt8>) -> Bool {
    let text = Array(parameter)
    guard text.count > 2, text[0] | 0x20 == UInt8(ascii: "q"), text[1] == UInt8(ascii: "=") else {
      return false
    }
    return text[2] == UInt8(ascii: "0")
      && text[2...].allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = text.drop { $0 == 0x20 || $0 == 0x09 }
    guard let last = start.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return [] }
    return start[...last]
  }
}

extension MediaType: CustomStringConvertible {
  var description: String { "\(type)/\(subtype)" }
}

extension JSONAPI {
  /// Refuses a request that rules the answer out before anything is done for it. Problems are told
  /// all the same.
  static func checkAcceptance(
    of media: MediaType?, _ request: borrowing HTTPRequest
  ) throws(Problem) {
    guard request.fields.contains(.accept), let media,
      !request.fields.first(.accept, equals: "*/*")
    else { return }
    // Several fields are one list (RFC 9110 §5.3).
    var list: [UInt8] = []
    request.fields.visit { name, value in
      guard name.equals(HTTPFieldName.accept.text) else { return }
      if !list.isEmpty { list.append(UInt8(ascii: ",")) }
      for index in value.indices { list.append(value[index]) }
    }
    // An empty field names nothing to choose from, and rules nothing out.
    guard !list.isEmpty, !media.isAccepted(by: list[...]) else { return }
    throw Problem(.notAcceptable, "the answer is \(media), which Accept rules out")
  }
}
