// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@testable import WireProtocol

/// The header and body of one whole frame.
func split(_ bytes: [UInt8]?) throws -> (header: FrameHeader, body: [UInt8]) {
  let bytes = try #require(bytes)
  try #require(bytes.count >= FrameHeader.byteCount)
  let header = FrameHeader(
    bytes.span.littleEndian64(at: 0), bytes.span.littleEndian64(at: 8))
  return (header, Array(bytes.dropFirst(FrameHeader.byteCount)))
}

extension Status {
  /// The status as the specification writes it.
  var wireName: String {
    "\(self)".reduce(into: "") { name, letter in
      if letter.isUppercase { name.append("_") }
      name.append(letter.uppercased())
    }
  }
}

extension RegisterType {
  /// The type called `name`, for tests that know that it exists.
  static func named(_ name: String) -> RegisterType {
    guard let type = RegisterType(name: name) else { preconditionFailure("no type \(name)") }
    return type
  }
}
