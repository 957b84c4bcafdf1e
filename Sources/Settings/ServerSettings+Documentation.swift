// SPDX-License-Identifier: Apache-2.0

extension ServerSettings {
  /// These settings as a commented settings file; that of the defaults is
  /// `Config/atomics-server.yaml`.
  public var settingsFile: String {
    var text = """
      # SPDX-License-Identifier: Apache-2.0
      #
      # Settings of atomics-server, each with its default. Use: atomics-server --config FILE, or
      # ATOMICS_CONFIG=FILE. Flags win over environment variables, which win over this file.
      # Numbers are plain; the unit is in the key. Unknown keys are refused.

      """
    var section: Substring?
    for setting in Self.table {
      let parts = setting.key.split(separator: ".")
      let indent = parts.count == 2 ? "  " : ""
      if parts.count == 2, parts.first != section {
        section = parts.first
        text += "\n# Bounds on what one peer can take.\n\(parts[0]):"
      }
      text += "\n"
      for line in Self.wrap(setting.summary + ".", width: 96 - indent.utf8.count) {
        text += "\(indent)# \(line)\n"
      }
      let unit = setting.unit.map { "Unit: \($0). " } ?? ""
      let flag = setting.flag.map { "\($0), " } ?? ""
      text += "\(indent)# \(unit)\(flag)\(setting.environmentName)\n"
      text += "\(indent)\(parts.last ?? ""): \(setting.yaml(of: self))\n"
    }
    return text
  }

  /// The settings for the end of `--help`, in lines of at most 78 characters.
  public static var help: String {
    let defaults = ServerSettings()
    return "\n"
      + table.map { setting in
        let value = setting.texts(of: defaults).joined(separator: ",")
        let unit = setting.unit.map { " \($0)" } ?? ""
        let text = setting.summary + (value.isEmpty ? "" : " (default: \(value)\(unit))")
        let names = [setting.environmentName, setting.flag].compactMap(\.self)
        let lines = wrap(text, width: 72) + [names.joined(separator: ", ")]
        return "  \(setting.key)\n" + lines.map { "      \($0)" }.joined(separator: "\n")
      }.joined(separator: "\n") + "\n"
  }

  private static func wrap(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if let last = lines.last, last.utf8.count + 1 + word.utf8.count > width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] += (lines.last?.isEmpty ?? true ? "" : " ") + word
      }
    }
    return lines
  }
}

extension Setting {
  /// The value as YAML on one line.
  func yaml(of settings: ServerSettings) -> String {
    let texts = texts(of: settings).map { unit == nil ? Self.quoted($0) : $0 }
    return isList ? "[\(texts.joined(separator: ", "))]" : texts.joined()
  }

  /// Plain where YAML reads the same text back, else in double quotes.
  private static func quoted(_ text: String) -> String {
    let isPlain =
      text.first?.isLetter ?? false
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
      }
    if isPlain, text.lowercased() != "null" { return text }
    var quoted = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"", "\\": quoted += "\\\(character)"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
        let hex = String(character.value, radix: 16)
        quoted += "\\x" + (hex.utf8.count == 1 ? "0" : "") + hex
      default: quoted.unicodeScalars.append(character)
      }
    }
    return quoted + "\""
  }
}
