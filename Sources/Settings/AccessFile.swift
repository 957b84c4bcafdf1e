// SPDX-License-Identifier: Apache-2.0

/// Who may do what, as an access file says it: see `Config/access.yaml`.
public struct AccessFile: Sendable, Equatable {
  public struct Principal: Sendable, Equatable {
    public var name: String
    /// SHA-256 of each of its tokens, 32 bytes.
    public var tokenDigests: [[UInt8]] = []
    /// Common or alternative names in client certificates.
    public var certificates: [String] = []
    /// Numbers of users and groups of this machine.
    public var users: [UInt32] = []
    public var groups: [UInt32] = []
    public var grants: [Grant] = []
  }

  /// What is allowed on the names that begin with `prefix`.
  public struct Grant: Sendable, Equatable {
    public var prefix: String
    public var rights: Set<Right>
  }

  public enum Right: String, CaseIterable, Sendable {
    case read, operate, create, delete, administer
  }

  /// Empty where the file names nobody, `[]`: then nobody may do anything.
  public var principals: [Principal] = []

  /// Reads the file at `path`.
  ///
  /// - Throws: The first thing that is wrong, with its line and column; or that others than its
  ///   owner may write the file.
  public init(at path: String, _ words: AccessWords) throws(SettingsError) {
    if let permissions = FilePermissions(ofFileAt: path), permissions.othersMayWrite {
      throw .writableByOthers(path: path)
    }
    try self.init(yaml: YAMLText.read(fileAt: path), name: path, words)
  }

  /// Reads the text of an access file.
  ///
  /// - Parameter name: Stands for the file's path in messages.
  public init(
    yaml: String, name: String = "access.yaml", _ words: AccessWords
  ) throws(SettingsError) {
    var reader = AccessFileReader(path: name, words)
    principals = try reader.principals(yaml)
  }

  /// Whether a principal can be called `name`: as many bytes as a refusal on the wire has room for
  /// beside a register's name, and nothing that would break a line or turn it about.
  public static func isPrincipalName(_ name: String) -> Bool {
    (1...nameLimit).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
  }

  /// What such a name is, for messages.
  public static let nameRule =
    "a principal's name has 1 to \(nameLimit) bytes and no control or format characters"
  private static let nameLimit = 48
}

/// What the words of an access file mean on this machine.
public struct AccessWords: Sendable {
  /// Whether a register can have a name that begins so.
  public var isPrefix: @Sendable (String) -> Bool
  /// The number of the user of this name; nil: there is none.
  public var user: @Sendable (String) -> UInt32?
  /// The number of the group of this name; nil: there is none.
  public var group: @Sendable (String) -> UInt32?

  public init(
    isPrefix: @escaping @Sendable (String) -> Bool,
    user: @escaping @Sendable (String) -> UInt32?,
    group: @escaping @Sendable (String) -> UInt32?
  ) {
    self.isPrefix = isPrefix
    self.user = user
    self.group = group
  }
}
