// SPDX-License-Identifier: Apache-2.0

/// One row of the settings table: how a setting is named everywhere and what it may hold.
///
/// The settings file, the environment names, the help and `Config/atomics-server.yaml` all come
/// from these rows (``ServerSettings/table``).
public struct Setting: Sendable {
  /// The place in the settings file; a dot separates a section from its member
  /// (`limits.frame_bytes`).
  public let key: String
  /// The command-line flag with its dashes, where the setting has one of its own; every setting
  /// also answers to `--set KEY=VALUE`.
  public let flag: String?
  /// What the value means, in one sentence without a full stop.
  public let summary: String
  let kind: SettingKind

  init(_ key: String, flag: String? = nil, _ kind: SettingKind, _ summary: String) {
    self.key = key
    self.flag = flag
    self.kind = kind
    self.summary = summary
  }

  /// The environment variable: `ATOMICS_` and the key in capitals, `_` for the dot.
  public var environmentName: String {
    "ATOMICS_" + String(key.uppercased().map { $0 == "." ? "_" : $0 })
  }

  /// The unit of a number, nil where the value is not a number.
  public var unit: String? {
    switch kind {
    case .count(_, _, let unit): unit
    case .duration: "seconds"
    case .endpoints, .path, .logLevel, .words, .choice, .flag, .clientCertificates: nil
    }
  }

  /// Whether the value is a list: a sequence in the file, comma separated in the environment, a
  /// repeated flag.
  public var isList: Bool {
    switch kind {
    case .endpoints, .words: true
    case .path, .count, .duration, .logLevel, .choice, .flag, .clientCertificates: false
    }
  }
}

/// What a setting holds, where it is kept, and what is allowed.
enum SettingKind: Sendable {
  typealias Path<Value> = any WritableKeyPath<ServerSettings, Value> & Sendable

  case endpoints(Path<[ListenEndpoint]>)
  /// A file path; empty stands for nil.
  case path(Path<String?>)
  case count(Path<Int>, allowed: ClosedRange<Int>, unit: String)
  /// Seconds with up to three decimals.
  case duration(Path<Duration>, allowed: ClosedRange<Duration>)
  case logLevel(Path<LogLevel>)
  /// `true` or `false`; empty stands for nil.
  case choice(Path<Bool?>)
  /// `true` or `false`.
  case flag(Path<Bool>)
  case clientCertificates(Path<ClientCertificates>)
  /// Words checked by `grammar`.
  case words(Path<[String]>, WordGrammar)
}

/// Whether the server asks clients that speak TLS for certificates.
public enum ClientCertificates: String, CaseIterable, Sendable {
  case none, optional, required
}

/// How much the server says on standard error; each level includes those after it.
public enum LogLevel: String, CaseIterable, Sendable {
  case trace, debug, info, notice, warning, error, critical
}
