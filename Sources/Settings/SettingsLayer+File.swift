// SPDX-License-Identifier: Apache-2.0
import Yams

extension SettingsLayer {
  /// Reads a YAML settings file.
  init(fileAt path: String) throws(SettingsError) {
    try self.init(yaml: YAMLText.read(fileAt: path), path: path)
  }

  /// Reads settings from YAML text; `path` is the name for messages.
  init(yaml: String, path: String) throws(SettingsError) {
    // A file of comments alone sets nothing.
    guard let root = try YAMLText.document(yaml, path: path) else { return }
    let origin = YAMLText.origin(root, path)
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
      let origin = YAMLText.origin(keyNode, path)
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
            YAMLText.origin(value, path),
            reason: "'\(key)' is a section: expected indented settings")
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
    let origin = YAMLText.origin(value, path)
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
            YAMLText.origin(item, path), reason: "an item of '\(setting.key)' must be plain text")
        }
        append(scalar.string, to: setting.key, from: YAMLText.origin(item, path))
      }
    default:
      throw .malformed(
        origin,
        reason: "'\(setting.key)' must be " + (setting.isList ? "a list of texts" : "one value"))
    }
  }
}
