// SPDX-License-Identifier: Apache-2.0

/// Why settings were refused. The description is for the person who set them: where, what was
/// wrong, what is allowed.
public enum SettingsError: Error, Equatable, CustomStringConvertible {
  /// The settings file cannot be read.
  case unreadable(path: String, reason: String)
  /// Others than its owner may write a file that tells who may do what.
  case writableByOthers(path: String)
  /// The settings file is not YAML of the expected shape.
  case malformed(SettingOrigin, reason: String)
  /// No setting has this key.
  case unknown(SettingOrigin, key: String, suggestion: String?)
  /// The setting cannot have this value.
  case invalid(SettingOrigin, key: String, problem: String, allowed: String)
  /// A setting has no use without another one.
  case incomplete(key: String, needs: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .writableByOthers(let path):
      "\(path): others than its owner may write this file, and so give themselves every right; "
        + "`chmod go-w \(path)` prevents that"
    case .malformed(let origin, let reason): "\(origin): \(reason)"
    case .unknown(let origin, let key, nil): "\(origin): there is no setting '\(key)'"
    case .unknown(let origin, let key, let suggestion?):
      "\(origin): there is no setting '\(key)'; did you mean '\(suggestion)'?"
    case .invalid(let origin, let key, let problem, let allowed):
      "\(origin): \(key): \(problem); allowed: \(allowed)"
    case .incomplete(let key, let needs): "'\(key)' is set, and has no use without \(needs)"
    }
  }
}

/// Where a value was set.
public enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
  /// Line and column count from 1, the column in Unicode scalars.
  case file(path: String, line: Int, column: Int)
  case environment(name: String)
  case flag(name: String)

  public var description: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .environment(let name): "environment variable \(name)"
    case .flag(let name): name
    }
  }
}

/// A value that was refused, before it is known where it came from.
struct SettingProblem: Error, Equatable {
  let problem: String
  let allowed: String

  init(_ problem: String, allowed: String) {
    self.problem = problem
    self.allowed = allowed
  }
}
