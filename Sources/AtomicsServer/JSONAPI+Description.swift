// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService

extension JSONAPI {
  /// How a register is described that has only a name, a type and a value: all but the value stays
  /// as long as the register is there.
  struct Description: Sendable {
    private let register: RegisterReference?
    /// What is asked for.
    private let target: [UInt8]
    /// What the description begins with, up to and with the quote before the value.
    private let opening: [UInt8]

    /// Of nothing.
    init() {
      self.init(nil, [], [])
    }

    private init(_ register: RegisterReference?, _ target: [UInt8], _ opening: [UInt8]) {
      self.register = register
      self.target = target
      self.opening = opening
    }

    /// - Parameter response: One that describes `register`.
    init(_ register: RegisterReference, bytes target: [UInt8], _ response: borrowing HTTPResponse) {
      guard let tag = response.tag else {
        self.init()
        return
      }
      self.init(register, target, Array(response.body[...tag.lowerBound]))
    }

    /// Whether this is what `target` asks for.
    @inline(__always)
    func isAt(_ target: Span<UInt8>) -> Bool {
      register != nil && target.equals(self.target.span)
    }

    /// Whether `request` says nothing else that the answer could depend on.
    @inline(__always)
    static func isAllAsked(by request: borrowing HTTPRequest) -> Bool {
      let names = request.fields.names
      return names.isDisjoint(with: HTTPFieldName.Set.preconditions.union(.init(.contentEncoding)))
        && (!names.contains(HTTPFieldName.Set(.accept))
          || request.fields.first(.accept, equals: "*/*"))
    }

    /// Fills in `response` with the register's present value.
    ///
    /// - Returns: False where the register cannot be read any more.
    ///
    /// Mutating, so that it is used where it stands and not copied before.
    mutating func write(_ service: RegisterService, to response: inout HTTPResponse) -> Bool {
      guard let register, let bits = try? service.load(register) else { return false }
      let start = opening.count &- 1
      var end = 0
      response.body.append(addingCapacity: start + RegisterType.longestText + 3) {
        (output: inout OutputSpan<UInt8>) in
        output.append(opening.span)
        register.type.append(bits, to: &output)
        output.append(UInt8(ascii: "\""))
        end = output.count
        output.append(UInt8(ascii: "}"))
      }
      response.setJSON()
      response.tag = start..<end
      return true
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
