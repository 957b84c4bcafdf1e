// SPDX-License-Identifier: Apache-2.0

extension Setting {
  /// Reads `texts` (one, or any number for a list) into this setting's place.
  func assign(_ texts: [String], to settings: inout ServerSettings) throws(SettingProblem) {
    switch kind {
    case .endpoints(let path):
      var endpoints: [ListenEndpoint] = []
      for text in texts { endpoints.append(try ListenEndpoint(text)) }
      settings[keyPath: path] = endpoints
    case .words(let path, let grammar):
      var words: [String] = []
      for text in texts { words.append(try grammar.check(text)) }
      settings[keyPath: path] = words
    case .path(let path):
      let text = try single(texts)
      guard !text.utf8.contains(0) else {
        throw SettingProblem("the path contains a zero byte", allowed: "a path")
      }
      settings[keyPath: path] = text.isEmpty ? nil : text
    case .count(let path, let allowed, let unit):
      settings[keyPath: path] = try Self.count(single(texts), allowed: allowed, unit: unit)
    case .duration(let path, let allowed):
      settings[keyPath: path] = try Self.duration(single(texts), allowed: allowed)
    case .logLevel(let path):
      let text = try single(texts)
      guard let level = LogLevel(rawValue: text.lowercased()) else {
        throw SettingProblem(
          "'\(text)' is not a log level",
          allowed: LogLevel.allCases.map(\.rawValue).joined(separator: ", "))
      }
      settings[keyPath: path] = level
    case .choice(let path):
      let text = try single(texts)
      guard text.isEmpty || text == "true" || text == "false" else {
        throw SettingProblem("'\(text)' is neither true nor false", allowed: "true, false or empty")
      }
      settings[keyPath: path] = text.isEmpty ? nil : text == "true"
    case .flag(let path):
      let text = try single(texts)
      guard text == "true" || text == "false" else {
        throw SettingProblem("'\(text)' is neither true nor false", allowed: "true or false")
      }
      settings[keyPath: path] = text == "true"
    case .clientCertificates(let path):
      let text = try single(texts)
      guard let clients = ClientCertificates(rawValue: text) else {
        throw SettingProblem(
          "'\(text)' is no such rule",
          allowed: ClientCertificates.allCases.map(\.rawValue).joined(separator: ", "))
      }
      settings[keyPath: path] = clients
    }
  }

  /// The value in `settings`, as ``assign(_:to:)`` reads it.
  func texts(of settings: ServerSettings) -> [String] {
    switch kind {
    case .endpoints(let path): settings[keyPath: path].map(\.description)
    case .words(let path, _): settings[keyPath: path]
    case .path(let path): [settings[keyPath: path] ?? ""]
    case .count(let path, _, _): [String(settings[keyPath: path])]
    case .duration(let path, _): [SecondsText.format(settings[keyPath: path])]
    case .logLevel(let path): [settings[keyPath: path].rawValue]
    case .choice(let path): [settings[keyPath: path].map { $0 ? "true" : "false" } ?? ""]
    case .flag(let path): [settings[keyPath: path] ? "true" : "false"]
    case .clientCertificates(let path): [settings[keyPath: path].rawValue]
    }
  }

  private func single(_ texts: [String]) throws(SettingProblem) -> String {
    guard texts.count == 1, let text = texts.first else {
      throw SettingProblem("has \(texts.count) values", allowed: "exactly one")
    }
    return text
  }

  private static func count(
    _ text: String, allowed: ClosedRange<Int>, unit: String
  ) throws(SettingProblem) -> Int {
    let range = "a whole number of \(unit) from \(allowed.lowerBound) to \(allowed.upperBound)"
    guard !text.hasPrefix("+"), let number = Int(text) else {
      throw SettingProblem("'\(text)' is not a whole number", allowed: range)
    }
    guard allowed.contains(number) else {
      throw SettingProblem("\(text) is out of range", allowed: range)
    }
    return number
  }

  private static func duration(
    _ text: String, allowed: ClosedRange<Duration>
  ) throws(SettingProblem) -> Duration {
    let range =
      "seconds from \(SecondsText.format(allowed.lowerBound)) to"
      + " \(SecondsText.format(allowed.upperBound)), with up to three decimals"
    guard let duration = SecondsText.parse(text) else {
      throw SettingProblem("'\(text)' is not a number of seconds", allowed: range)
    }
    guard allowed.contains(duration) else {
      throw SettingProblem("\(text) is out of range", allowed: range)
    }
    return duration
  }
}

/// Seconds as decimal text with up to three decimals, exactly.
enum SecondsText {
  static func parse(_ text: String) -> Duration? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let whole = parts.first, whole.count <= 9, let seconds = Int64(whole)
    else { return nil }
    guard parts.count == 2 else { return .seconds(seconds) }
    guard parts[1].count <= 3,
      let thousandths = Int64(parts[1] + String(repeating: "0", count: 3 - parts[1].count))
    else { return nil }
    return .seconds(seconds) + .milliseconds(thousandths)
  }

  static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let thousandths = attoseconds / 1_000_000_000_000_000
    guard thousandths != 0 else { return String(seconds) }
    var decimals = String(1000 + thousandths).dropFirst()
    while decimals.last == "0" { decimals.removeLast() }
    return "\(seconds).\(decimals)"
  }
}
