// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

extension HTTPContent {
  /// The media type without parameters.
  var essence: String { String(mediaType.description.prefix { $0 != ";" }) }

  /// Whether the value of an `Accept` field permits it (RFC 9110 §12.5.1): of the ranges that it
  /// is in, the most specific one decides, by a weight above 0. What is no range counts as none.
  func isAccepted(by field: ArraySlice<UInt8>) -> Bool {
    let essence = essence
    let ranges = ["*/*", essence.prefix { $0 != "/" } + "/*", essence]
    var best = (specificity: -1, isPermitted: false)
    for range in field.split(separator: UInt8(ascii: ",")) {
      let parts = range.split(separator: UInt8(ascii: ";")).map(\.withoutWhiteSpace)
      guard let name = parts.first.map({ String(decoding: $0, as: UTF8.self).lowercased() }),
        let specificity = ranges.firstIndex(of: name), specificity >= best.specificity
      else { continue }
      best = (specificity, !parts.dropFirst().contains(where: Self.isZeroWeight))
    }
    return best.isPermitted
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
}

extension JSONAPI {
  /// Refuses a request that rules the answer out before anything is done for it. Problems are told
  /// all the same.
  static func checkAcceptance(
    of content: HTTPContent?, _ request: borrowing HTTPRequest
  ) throws(Problem) {
    guard request.fields.contains(.accept), let content,
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
    guard !list.isEmpty, !content.isAccepted(by: list[...]) else { return }
    throw Problem(.notAcceptable, "the answer is \(content.essence), which Accept rules out")
  }
}
