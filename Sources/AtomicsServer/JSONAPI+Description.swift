// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService

extension JSONAPI {
  /// How a register is described that has only a name, a type and a value: all but the value stays
  /// as long as the register is there.
  struct Description: Sendable {
    let register: RegisterReference
    /// Up to and with the quote before the value.
    private let opening: [UInt8]

    /// nil: `response`, which describes `register`, does not tell how.
    init?(_ register: RegisterReference, _ response: borrowing HTTPResponse) {
      guard let tag = response.tag else { return nil }
      self.register = register
      opening = Array(response.body[...tag.lowerBound])
    }

    /// Fills in `response` for the value with these bits.
    func write(_ bits: UInt128, to response: inout HTTPResponse) {
      let end = opening.count
      var closed = 0
      response.body.append(addingCapacity: end + RegisterType.longestText + 2) {
        (output: inout OutputSpan<UInt8>) in
        output.append(opening.span)
        register.type.append(bits, to: &output)
        output.append(UInt8(ascii: "\""))
        closed = output.count
        output.append(UInt8(ascii: "}"))
      }
      response.setJSON()
      response.tag = (end &- 1)..<closed
    }
  }
}

extension HTTPResponse {
  /// Whether its tag is `tag`.
  func isTagged(_ tag: Span<UInt8>) -> Bool {
    guard let range = self.tag else { return fields.first(.etag, equals: tag) }
    return body.span.extracting(range).equals(tag)
  }
}
