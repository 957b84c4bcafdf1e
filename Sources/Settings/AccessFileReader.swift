// SPDX-License-Identifier: Apache-2.0
import Yams

/// Reads an access file node by node, so that every complaint has its line and column.
///
/// What stands twice is refused everywhere: a mark that two principals have would make one of them
/// somebody else. Aliases can repeat a whole `allow` for many principals, which makes more of it
/// than the file has bytes: the number of entries has a limit.
struct AccessFileReader {
  private let path: String
  private let words: AccessWords
  /// Who has a mark already: `token_sha256 …` → its principal.
  private var owners: [String: String] = [:]

  private var grantCount = 0

  /// Entries of all lists `allow` together. As many do not fit in a file without aliases.
  static let grantLimit = 1 << 16
  /// Bytes of a name in a certificate.
  static let certificateLimit = 255

  init(path: String, _ words: AccessWords) {
    self.path = path
    self.words = words
  }

  mutating func principals(_ yaml: String) throws(SettingsError) -> [AccessFile.Principal] {
    // A file that is empty, or ends with the key, is one that an editor has just cut to write it
    // anew: who means nobody says so.
    let rule = "an access file has a list of 'principals', [] for nobody"
    guard let root = try YAMLText.document(yaml, path: path) else {
      throw .malformed(.file(path: path, line: 1, column: 1), reason: rule)
    }
    guard !root.isNull else { throw malformed(root, rule) }
    let members = try members(of: root, "an access file", known: ["principals"])
    guard let list = members["principals"], !list.isNull else {
      throw malformed(members["principals"] ?? root, rule)
    }
    var principals: [AccessFile.Principal] = []
    for node in try items(of: list, "principals") {
      principals.append(try principal(node))
    }
    return principals
  }

  private mutating func principal(_ node: Node) throws(SettingsError) -> AccessFile.Principal {
    let members = try members(
      of: node, "a principal",
      known: ["name", "token_sha256", "certificate", "user", "group", "allow"])
    guard let nameNode = members["name"] else {
      throw malformed(node, "this principal has no 'name'")
    }
    let name = try name(nameNode)
    var principal = AccessFile.Principal(name: name)
    for item in try texts(of: members["token_sha256"], "token_sha256") {
      principal.tokenDigests.append(try digest(item))
      try claim("token_sha256 " + item.text.lowercased(), "token", for: name, at: item.node)
    }
    for item in try texts(of: members["certificate"], "certificate") {
      guard (1...Self.certificateLimit).contains(item.text.utf8.count) else {
        throw malformed(
          item.node, "a name in a certificate has 1 to \(Self.certificateLimit) bytes")
      }
      principal.certificates.append(item.text)
      try claim("certificate " + item.text, "certificate", for: name, at: item.node)
    }
    for item in try texts(of: members["user"], "user") {
      let user = try number(item, "user", words.user)
      principal.users.append(user)
      try claim("user \(user)", "user", for: name, at: item.node)
    }
    for item in try texts(of: members["group"], "group") {
      let group = try number(item, "group", words.group)
      principal.groups.append(group)
      try claim("group \(group)", "group", for: name, at: item.node)
    }
    guard
      !(principal.tokenDigests.isEmpty && principal.certificates.isEmpty
        && principal.users.isEmpty && principal.groups.isEmpty)
    else {
      throw malformed(
        nameNode,
        "nobody can be '\(name)': give it a token_sha256, a certificate, a user or a group")
    }
    guard let allow = members["allow"], !allow.isNull else {
      throw malformed(
        nameNode, "'\(name)' has no 'allow': a list of what it may do, [] for nothing")
    }
    var prefixes: Set<String> = []
    for item in try items(of: allow, "allow") {
      grantCount += 1
      guard grantCount <= Self.grantLimit else {
        throw malformed(
          item, "with this one there are more than \(Self.grantLimit) entries of 'allow'")
      }
      let grant = try grant(item)
      guard prefixes.insert(grant.prefix).inserted else {
        throw malformed(item, "'\(name)' has two entries for the prefix '\(grant.prefix)'")
      }
      principal.grants.append(grant)
    }
    return principal
  }

  private mutating func name(_ node: Node) throws(SettingsError) -> String {
    let name = try text(of: node, "name")
    guard AccessFile.isPrincipalName(name) else { throw malformed(node, AccessFile.nameRule) }
    guard owners.updateValue(name, forKey: "name " + name) == nil else {
      throw malformed(node, "there are two principals '\(name)'")
    }
    return name
  }

  private func grant(_ node: Node) throws(SettingsError) -> AccessFile.Grant {
    let members = try members(of: node, "an entry of 'allow'", known: ["prefix", "may"])
    guard let prefixNode = members["prefix"] else {
      throw malformed(node, "this entry has no 'prefix': \"\" is all names")
    }
    let prefix = try text(of: prefixNode, "prefix")
    guard words.isPrefix(prefix) else {
      throw malformed(
        prefixNode,
        "no register's name begins with '\(prefix)'; names have 1 to 128 of the letters, digits and"
          + " . _ - / : @, and no empty, '.' or '..' part between slashes")
    }
    guard let may = members["may"], !may.isNull else {
      throw malformed(node, "this entry has no 'may': a list of \(Self.rights)")
    }
    var rights: Set<AccessFile.Right> = []
    for item in try texts(of: may, "may") {
      guard let right = AccessFile.Right(rawValue: item.text) else {
        let near = EditDistance.nearest(
          to: item.text, in: AccessFile.Right.allCases.map(\.rawValue))
        throw malformed(
          item.node,
          "there is no right '\(item.text)'"
            + (near.map { "; did you mean '\($0)'?" } ?? ": there are \(Self.rights)"))
      }
      guard rights.insert(right).inserted else {
        throw malformed(item.node, "'\(item.text)' stands twice")
      }
    }
    guard !rights.isEmpty else {
      throw malformed(may, "'may' is empty: leave the entry out, or list \(Self.rights)")
    }
    return AccessFile.Grant(prefix: prefix, rights: rights)
  }

  private static let rights = AccessFile.Right.allCases.map(\.rawValue).joined(separator: ", ")

  // MARK: - Marks

  private typealias Item = (text: String, node: Node)

  private func digest(_ item: Item) throws(SettingsError) -> [UInt8] {
    let digits = item.text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 64, item.text.utf8.count == 64 else {
      throw malformed(
        item.node,
        "a token_sha256 has 64 hex digits, not \(item.text.utf8.count) characters;"
          + " `atomics-client token new` prints one")
    }
    return stride(from: 0, to: 64, by: 2).map { UInt8(16 * digits[$0] + digits[$0 + 1]) }
  }

  /// A number as it is, a name as the machine has it.
  private func number(
    _ item: Item, _ what: String, _ look: (String) -> UInt32?
  ) throws(SettingsError) -> UInt32 {
    if !item.text.isEmpty, item.text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      // The highest one is the kernel's "nobody known".
      guard let number = UInt32(item.text), number != .max else {
        throw malformed(item.node, "there is no \(what) \(item.text): it is too large")
      }
      return number
    }
    guard let number = look(item.text) else {
      throw malformed(item.node, "this machine has no \(what) '\(item.text)'")
    }
    return number
  }

  private mutating func claim(
    _ mark: String, _ what: String, for name: String, at node: Node
  ) throws(SettingsError) {
    if let other = owners.updateValue(name, forKey: mark) {
      throw malformed(
        node,
        other == name
          ? "'\(name)' has this \(what) twice"
          : "this \(what) is '\(other)' already: it cannot be '\(name)' too")
    }
  }

  // MARK: - Nodes

  private func members(
    of node: Node, _ what: String, known: [String]
  ) throws(SettingsError) -> [String: Node] {
    guard case .mapping(let mapping) = node else {
      throw malformed(node, "\(what) is written as 'KEY: VALUE' lines")
    }
    var members: [String: Node] = [:]
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else { throw malformed(key, "a key must be a word") }
      guard known.contains(scalar.string) else {
        let near = EditDistance.nearest(to: scalar.string, in: known)
        throw malformed(
          key,
          "\(what) has no key '\(scalar.string)'"
            + (near.map { "; did you mean '\($0)'?" }
              ?? ": there are \(known.joined(separator: ", "))"))
      }
      members[scalar.string] = value
    }
    return members
  }

  private func items(of node: Node, _ key: String) throws(SettingsError) -> [Node] {
    guard case .sequence(let sequence) = node else {
      throw malformed(node, "'\(key)' must be a list")
    }
    return Array(sequence)
  }

  private func text(of node: Node, _ key: String) throws(SettingsError) -> String {
    guard case .scalar(let scalar) = node, !node.isNull else {
      throw malformed(node, "'\(key)' must be one text")
    }
    return scalar.string
  }

  /// One text or a list of them; none where there is no node.
  private func texts(of node: Node?, _ key: String) throws(SettingsError) -> [Item] {
    guard let node else { return [] }
    guard case .sequence(let sequence) = node else { return [(try text(of: node, key), node)] }
    var items: [Item] = []
    for item in sequence { items.append((try text(of: item, key), item)) }
    return items
  }

  private func malformed(_ node: Node, _ reason: String) -> SettingsError {
    .malformed(YAMLText.origin(node, path), reason: reason)
  }
}
