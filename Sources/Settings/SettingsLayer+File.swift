// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

extension SettingsLayer {
  /// A settings file of any sense is far below this, in bytes.
  private static let largestFile = 1 << 20

  /// Reads a YAML settings file.
  init(fileAt path: String) throws(SettingsError) {
    let data: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      data = try file.read(upToCount: Self.largestFile + 1) ?? Data()
    } catch {
      throw .unreadable(path: path, reason: Self.reason(of: error))
    }
    guard data.count <= Self.largestFile else {
      throw .unreadable(path: path, reason: "larger than \(Self.largestFile) bytes")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "not UTF-8 text")
    }
    try self.init(yaml: text, path: path)
  }

  /// Reads settings from YAML text; `path` is the name for messages.
  init(yaml: String, path: String) throws(SettingsError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch {
      throw Self.malformed(error, path: path)
    }
    // A file of comments alone sets nothing.
    guard let root else { return }
    let origin = Self.origin(root, path)
    guard case .mapping(let mapping) = root else {
      if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
      throw .malformed(origin, reason: "expected settings as 'KEY: VALUE' lines")
    }
    try read(mapping, prefix: "", path: path)
  }

  private mutating func read(
    _ mapping: Node.Mapping, prefix: String, path: String
  ) throws(SettingsError) {
    for (keyNode, value) in mapping {
      let origin = Self.origin(keyNode, path)
      guard case .scalar(let scalar) = keyNode else {
        throw .malformed(origin, reason: "a key must be a word")
      }
      let key = prefix + scalar.string
      if let setting = ServerSettings.row(key) {
        try read(value, of: setting, at: origin, path: path)
      } else if prefix.isEmpty, ServerSettings.hasSection(key) {
        // All of its members may be commented out.
        if value.isNull { continue }
        guard case .mapping(let section) = value else {
          throw .malformed(
            Self.origin(value, path), reason: "'\(key)' is a section: expected indented settings")
        }
        try read(section, prefix: key + ".", path: path)
      } else {
        throw .unknown(origin, key: key, suggestion: ServerSettings.suggestion(for: key))
      }
    }
  }

  private mutating func read(
    _ value: Node, of setting: Setting, at keyOrigin: SettingOrigin, path: String
  ) throws(SettingsError) {
    let origin = Self.origin(value, path)
    switch value {
    case .scalar where value.isNull:
      throw .invalid(
        keyOrigin, key: setting.key, problem: "has no value",
        allowed: setting.isList ? "a list, [] for none" : "a value, or leave the line out")
    case .scalar(let scalar):
      append(scalar.string, to: setting.key, from: origin)
    case .sequence(let sequence) where setting.isList:
      touch(setting.key, from: origin)
      for item in sequence {
        guard case .scalar(let scalar) = item, !item.isNull else {
          throw .malformed(
            Self.origin(item, path), reason: "an item of '\(setting.key)' must be plain text")
        }
        append(scalar.string, to: setting.key, from: Self.origin(item, path))
      }
    default:
      throw .malformed(
        origin,
        reason: "'\(setting.key)' must be " + (setting.isList ? "a list of texts" : "one value"))
    }
  }

  private static func origin(_ node: Node, _ path: String) -> SettingOrigin {
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
  fileprivate var isNull: Bool {
    guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }
}
