// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The code in documentation, to be compared with tests that compile and run it.
public enum DocumentedCode {
  /// The repository's folder.
  public static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The text of a file, by its path in the repository.
  public static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The fenced blocks of Swift, without the lines that import.
  public static func blocks(in text: String) -> [String] {
    text.components(separatedBy: "\n```swift\n").dropFirst().map { rest in
      rest.components(separatedBy: "\n```")[0].split(separator: "\n")
        .filter { !$0.hasPrefix("import ") }.joined(separator: "\n")
    }
  }

  /// The code without comments and white space, which the formatter moves.
  public static func compact(_ code: String) -> String {
    code.split(separator: "\n")
      .map { $0.prefix(upTo: $0.firstRange(of: /(^|\s)\/\//)?.lowerBound ?? $0.endIndex) }
      .joined().filter { !$0.isWhitespace }
  }
}
