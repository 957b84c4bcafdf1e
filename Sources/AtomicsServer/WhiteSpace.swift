// SPDX-License-Identifier: Apache-2.0

extension ArraySlice<UInt8> {
  /// The bytes without the white space around them.
  var withoutWhiteSpace: ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool {
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
    guard let first = firstIndex(where: { !isSpace($0) }),
      let last = lastIndex(where: { !isSpace($0) })
    else { return [] }
    return self[first...last]
  }
}
