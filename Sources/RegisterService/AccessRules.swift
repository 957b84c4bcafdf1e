// SPDX-License-Identifier: Apache-2.0

/// Who may do what: the content of one access file. Never changes; ``AccessControl`` replaces it as
/// a whole.
public final class AccessRules: Sendable {
  /// Somebody who was given rights, and by what to know them.
  public struct Principal: Sendable {
    public var name: String
    /// SHA-256 of each of its tokens.
    public var tokenDigests: [[UInt8]]
    /// Common or alternative names in verified client certificates.
    public var certificates: [String]
    /// Users and groups of processes at the other end of a Unix socket.
    public var users: [UInt32]
    public var groups: [UInt32]
    /// What it may do with the names that begin so; grants add up.
    public var grants: [(prefix: String, rights: Rights)]

    public init(
      name: String, tokenDigests: [[UInt8]] = [], certificates: [String] = [],
      users: [UInt32] = [], groups: [UInt32] = [], grants: [(prefix: String, rights: Rights)]
    ) {
      self.name = name
      self.tokenDigests = tokenDigests
      self.certificates = certificates
      self.users = users
      self.groups = groups
      self.grants = grants
    }
  }

  private let names: [String]
  private let rights: [PrefixRights]
  private let tokens: [(digest: [UInt8], principal: Int)]
  private let certificates: [String: Int]
  private let users: [UInt32: Int]
  private let groups: [UInt32: Int]

  /// - Parameter principals: Where several have the same mark, the first has it.
  public init(_ principals: [Principal]) {
    names = principals.map(\.name)
    rights = principals.map { principal in
      PrefixRights(principal.grants.map { (Array($0.prefix.utf8), $0.rights) })
    }
    tokens = principals.enumerated().flatMap { index, principal in
      principal.tokenDigests.map { ($0, index) }
    }
    func index<Mark: Hashable>(_ marks: (Principal) -> [Mark]) -> [Mark: Int] {
      let pairs = principals.enumerated().flatMap { index, principal in
        marks(principal).map { ($0, index) }
      }
      return Dictionary(pairs) { first, _ in first }
    }
    certificates = index(\.certificates)
    users = index(\.users)
    groups = index(\.groups)
  }

  /// Whether nobody is given anything.
  public var isEmpty: Bool { names.isEmpty }

  func name(of principal: Int) -> String { names[principal] }

  func rights(of principal: Int, on name: Span<UInt8>) -> Rights {
    rights[principal].rights(on: name)
  }

  func rights(of principal: Int) -> PrefixRights { rights[principal] }

  /// The principal one of whose token digests `matches`. Every digest is asked, so that the time
  /// does not tell which one it was, or that there was none.
  ///
  /// - Complexity: O(number of tokens).
  func principal(withToken matches: ([UInt8]) -> Bool) -> Int? {
    var found: Int?
    for (digest, principal) in tokens where matches(digest) { found = principal }
    return found
  }

  func principal(withCertificate names: [String]) -> Int? {
    names.compactMap { certificates[$0] }.min()
  }

  func principal(withUser user: UInt32) -> Int? { users[user] }

  /// The first in the file, where several principals have one of the groups.
  func principal(withGroups groups: [UInt32]) -> Int? {
    groups.compactMap { self.groups[$0] }.min()
  }
}
