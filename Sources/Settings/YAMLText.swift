// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

/// YAML of a file that a person wrote, whose every part has a place for messages.
enum YAMLText {
  /// A file of any sense is far below this, in bytes.
  private static let largestFile = 1 << 20

  /// The text of the file at `path`.
  static func read(fileAt path: String) throws(SettingsError) -> String {
    let data: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      data = try file.read(upToCount: largestFile + 1) ?? Data()
    } catch {
      throw .unreadable(path: path, reason: reason(of: error))
    }
    guard data.count <= largestFile else {
      throw .unreadable(path: path, reason: "larger than \(largestFile) bytes")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "not UTF-8 text")
    }
    return text
  }

  /// The document; nil where there is none, such as in comments alone.
  static func document(_ yaml: String, path: String) throws(SettingsError) -> Node? {
    do {
      return try Yams.compose(yaml: yaml)
    } catch {
      throw malformed(error, path: path)
    }
  }

  static func origin(_ node: Node, _ path: String) -> SettingOrigin {
    .file(path: path, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  private static func malformed(_ error: any Error, path: String) -> SettingsError {
    var mark: Mark?
    var reason = "not YAML"
    if let error = error as? YamlError {
      switch error {
      case .scanner(_, let problem, let at, _), .parser(_, let problem, let at, _),
        .composer(_, let problem, let at, _):
        (mark, reason) = (at, "not YAML: \(problem)")
      case .duplicatedKeysInMapping(let duplicates, let context):
        let keys = duplicates.sorted().joined(separator: "', '")
        (mark, reason) = (context.mark, "'\(keys)' is set more than once")
      case .reader(let problem, _, _, _): reason = "not YAML: \(problem)"
      default: break
      }
    }
    return .malformed(
      .file(path: path, line: mark?.line ?? 1, column: mark?.column ?? 1), reason: reason)
  }

  private static func reason(of error: any Error) -> String {
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    return cause.localizedFailureReason ?? error.localizedDescription
  }
}

extension Node {
  /// Whether the value is nothing, `~` or `null`, without quotes.
  var isNull: Bool {
    guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }
}
