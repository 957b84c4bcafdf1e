// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService

extension JSONAPI {
  /// An operation with all that its request said, and the register that it fits.
  struct Performed: Sendable {
    let request: AtomicRequest
    let register: RegisterReference
  }

  /// The last operation of a resource, by the words in which it was asked for: who counts says the
  /// same again and again, and its words mean the same as long as the register is there.
  struct Repetition: Sendable {
    private(set) var performed: Performed?
    /// Whether it is of the resource that is being answered.
    var isKnown = false
    private var body: [UInt8] = []

    /// The longest body that is remembered.
    private static let longestBody = 256
    /// What a request may not say beside its body, for its body to mean the same.
    private static var others: HTTPFieldName.Set {
      HTTPFieldName.Set.preconditions.union(HTTPFieldName.Set(.contentEncoding))
    }

    /// Whether `request`, of the same resource, says the same.
    @inline(__always)
    func isAsked(by request: borrowing HTTPRequest) -> Bool {
      isKnown && request.body.span.equals(body.span) && Self.saysNoMore(request)
    }

    /// Notes what `request` had done; it takes up the memory of the last one.
    mutating func note(_ performed: Performed, _ request: borrowing HTTPRequest) {
      isKnown = request.body.count <= Self.longestBody && Self.saysNoMore(request)
      guard isKnown else { return }
      self.performed = performed
      body.become(request.body.span)
    }

    private static func saysNoMore(_ request: borrowing HTTPRequest) -> Bool {
      let names = request.fields.names
      return names.isDisjoint(with: others)
        && (!names.contains(HTTPFieldName.Set(.contentType))
          || request.fields.first(.contentType, equals: "application/json"))
    }
  }
}
