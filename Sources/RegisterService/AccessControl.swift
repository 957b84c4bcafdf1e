// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The rules in force, for all faces of a server.
///
/// Rules are replaced as a whole. Who keeps what they said compares ``generation`` before using it:
/// one load.
public final class AccessControl: Sendable {
  private struct State {
    var rules: AccessRules?
    var generation: UInt32
  }

  private let state: Mutex<State>
  private let number = Atomic<UInt32>(0)
  /// Who may do everything over a Unix socket, as root may: whom the arena's files belong to.
  private let owner: UInt32
  /// Whether there are rules at all; else everybody may do everything.
  public let isOn: Bool

  /// - Parameter rules: Nil: whoever reaches the server may do everything, for as long as it runs.
  /// - Parameter owner: The user that the server runs as.
  public init(_ rules: AccessRules?, owner: UInt32) {
    state = Mutex(State(rules: rules, generation: 0))
    self.owner = owner
    isOn = rules != nil
  }

  /// Differs between any two rules in force. Acquire: pairs with the release in `replace`, so that
  /// who sees a new number finds its rules.
  public var generation: UInt32 { number.load(ordering: .acquiring) }

  /// Puts `rules` in force: they hold for the next request of every connection. Where there were no
  /// rules at the start there are none now either.
  public func replace(with rules: AccessRules) {
    guard isOn else { return }
    state.withLock { state in
      // As wide as a grant keeps it.
      let generation = (state.generation &+ 1) & Grant.generationMask
      state = State(rules: rules, generation: generation)
      // Pairs with the acquire in `generation`.
      number.store(generation, ordering: .releasing)
    }
  }

  /// Who shows `evidence`, and what they may do.
  ///
  /// A token that is given decides alone; else the first of certificate, user and groups that the
  /// rules know.
  public func identify(_ evidence: Evidence) -> Identification {
    let state = state.withLock { $0 }
    guard let rules = state.rules else { return .known(.unlimited(state.generation)) }
    func known(_ principal: Int) -> Identification {
      .known(Access(rules, principal, state.generation))
    }
    if let token = evidence.token {
      return rules.principal(withToken: token.matches).map(known) ?? .wrongToken
    }
    if let principal = rules.principal(withCertificate: evidence.certificates) {
      return known(principal)
    }
    guard let user = evidence.user else { return .nobody }
    if user == 0 || user == owner { return .known(.unlimited(state.generation)) }
    let principal = rules.principal(withUser: user) ?? rules.principal(withGroups: evidence.groups)
    return principal.map(known) ?? .nobody
  }
}

/// What a connection, or a request, shows of who it is.
public struct Evidence: Sendable {
  /// A token that was given, as far as it is kept.
  public struct Token: Sendable {
    /// Whether the token has this digest, told in a time that does not depend on the bytes.
    public var matches: @Sendable (_ digest: [UInt8]) -> Bool

    public init(matches: @escaping @Sendable (_ digest: [UInt8]) -> Bool) {
      self.matches = matches
    }
  }

  public var token: Token?
  /// Names in a client certificate that was verified.
  public var certificates: [String]
  /// User and groups of the process at the other end of a Unix socket.
  public var user: UInt32?
  public var groups: [UInt32]

  public init(
    token: Token? = nil, certificates: [String] = [], user: UInt32? = nil, groups: [UInt32] = []
  ) {
    self.token = token
    self.certificates = certificates
    self.user = user
    self.groups = groups
  }
}

/// What came of looking for somebody in the rules.
public enum Identification: Sendable {
  case known(Access)
  /// Nothing was shown that the rules know.
  case nobody
  /// A token was given that nobody has.
  case wrongToken
}
