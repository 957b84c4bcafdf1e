// SPDX-License-Identifier: Apache-2.0

/// The kernel's random number for this boot: values in memory are from this boot or from none.
enum BootIdentifier {
  /// Reads 32 hexadecimal digits with dashes among them, as the kernel writes them.
  ///
  /// An identifier that cannot be read is an error, never a guess: the wrong one would adopt, or
  /// throw away, somebody's values.
  static func read(from path: String) throws(ArenaError) -> ArenaHeader.Pair {
    guard let text = try? FileDescriptor.file(at: path).read(64) else {
      throw .bootIdentifierUnreadable(path: path)
    }
    var words: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for byte in text where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "\n") {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digits < 32 else {
        throw .bootIdentifierUnreadable(path: path)
      }
      words = (words.0 << 4 | words.1 >> 60, words.1 << 4 | UInt64(digit))
      digits += 1
    }
    guard digits == 32 else { throw .bootIdentifierUnreadable(path: path) }
    return ArenaHeader.Pair(first: words.0, second: words.1)
  }
}
