// SPDX-License-Identifier: Apache-2.0

import JSONText

/// One object on a line.
extension JSONWriter {
  /// A writer within an object that ``line`` ends.
  static func object() -> JSONWriter {
    var writer = JSONWriter()
    writer.beginObject()
    return writer
  }

  /// The object as text.
  var line: String {
    var writer = self
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Writes a number with one digit behind the point.
  mutating func decimal(_ name: String, _ value: Double) {
    self.name(name)
    number(text: atomics_client.decimal(value))
  }
}
