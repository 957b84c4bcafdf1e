// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization
import TestSupport
import Testing

@testable import RegisterService

/// Who may do what, by prefix and by mark.
@Suite struct AccessRulesTests {
  private static func prefixes(_ grants: [(String, Rights)]) -> PrefixRights {
    PrefixRights(grants.map { (Array($0.0.utf8), $0.1) })
  }

  @Test(
    "the rights of every prefix that begins a name add up",
    arguments: [
      ("a.b.x", [.read, .operate, .create, .delete]),
      ("a.b.xy", [.read, .operate, .create, .delete]),
      ("a.b.k", [.read, .operate, .create]), ("a.b.", [.read, .operate, .create]),
      ("a.b", [.read, .operate]), ("a.", [.read, .operate]), ("a", [.read]), ("b", [.read]),
      ("", [.read]), ("a.b.z.q", [.read, .operate, .create]), ("\u{7F}", [.read]),
      ("ab", [.read, .administer]), ("ac", [.read]),
    ] as [(String, Rights)])
  func prefixes(name: String, rights: Rights) {
    let table = Self.prefixes([
      ("a.b.x", .delete), ("a.", .operate), ("", .read), ("a.b.", .create), ("ab", .administer),
    ])
    #expect(table.rights(on: name.utf8.span) == rights)
  }

  @Test("without the empty prefix a name that nothing begins has no rights, nor has the arena")
  func nothing() {
    let table = Self.prefixes([("b", .read), ("b", .delete)])
    #expect(table.rights(on: "b".utf8.span) == [.read, .delete])
    for name in ["", "a", "c", "B"] { #expect(table.rights(on: name.utf8.span) == []) }
    #expect(Self.prefixes([]).rights(on: "b".utf8.span) == [])
  }

  @Test("any table says what looking at every prefix says")
  func random() {
    var generator = SeededGenerator(seed: 5)
    func word(_ longest: Int) -> [UInt8] {
      (0..<Int.random(in: 0...longest, using: &generator)).map { _ in
        UInt8.random(in: 0x61...0x62, using: &generator)
      }
    }
    for _ in 0..<300 {
      let grants = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        (prefix: word(5), rights: Rights(rawValue: UInt8.random(in: 1...31, using: &generator)))
      }
      let table = PrefixRights(grants)
      for _ in 0..<40 {
        let name = word(7)
        let expected = grants.filter { name.starts(with: $0.prefix) }
          .reduce(into: Rights()) { $0.formUnion($1.rights) }
        #expect(table.rights(on: name.span) == expected, "\(grants) \(name)")
      }
    }
  }

  @Test("operations that only read take read, all others operate")
  func operations() {
    for operation in AtomicOperation.allCases {
      let isRead = operation == .load || operation == .bitTest
      #expect(Rights(for: operation) == (isRead ? .read : .operate), "\(operation)")
    }
  }

  // MARK: - Marks

  private static let rules = AccessRules([
    AccessRules.Principal(
      name: "first", tokenDigests: [[1], [2]], certificates: ["a.example"], users: [10],
      groups: [100], grants: [("", .read)]),
    AccessRules.Principal(
      name: "second", tokenDigests: [[3]], certificates: ["b.example"], users: [11],
      groups: [99], grants: [("x", .delete)]),
  ])

  private func name(_ evidence: Evidence, owner: UInt32 = 7) -> String {
    switch AccessControl(Self.rules, owner: owner).identify(evidence) {
    case .known(let access): access.name
    case .nobody: "nobody"
    case .wrongToken: "wrong token"
    }
  }

  private func token(_ byte: UInt8) -> Evidence.Token { Evidence.Token { $0 == [byte] } }

  @Test("a token decides alone, then a certificate, the user, a group")
  func order() {
    let all = Evidence(
      token: token(3), certificates: ["x", "a.example"], user: 10, groups: [99])
    #expect(name(all) == "second")
    #expect(name(Evidence(token: token(9), certificates: ["a.example"], user: 0)) == "wrong token")
    #expect(name(Evidence(certificates: ["b.example"], user: 10)) == "second")
    #expect(name(Evidence(certificates: ["B.example"], user: 10, groups: [99])) == "first")
    #expect(name(Evidence(user: 12, groups: [5, 99])) == "second")
    #expect(name(Evidence(user: 12, groups: [99, 100])) == "first", "the first in the file")
    #expect(name(Evidence(user: 12, groups: [5])) == "nobody")
    #expect(name(Evidence()) == "nobody")
  }

  @Test("root and the server's user may do everything over a Unix socket, unless a token speaks")
  func owners() {
    for user in [0, 7] as [UInt32] {
      let identification = AccessControl(Self.rules, owner: 7).identify(Evidence(user: user))
      guard case .known(let access) = identification else {
        Issue.record("user \(user) is nobody")
        continue
      }
      #expect(access.rights(on: "any".utf8.span) == .all && access.rights(on: Span()) == .all)
      #expect(name(Evidence(token: token(1), user: user)) == "first")
      #expect(name(Evidence(token: token(9), user: user)) == "wrong token")
    }
    // Without a Unix socket there is no user.
    #expect(name(Evidence(), owner: 0) == "nobody")
  }

  @Test("every digest is asked, wherever the right one stands and where there is none")
  func everyDigest() {
    for right in 0...9 as ClosedRange<UInt8> {
      let asked = Mutex<[[UInt8]]>([])
      let token = Evidence.Token { digest in
        asked.withLock { $0.append(digest) }
        return digest == [right]
      }
      _ = AccessControl(Self.rules, owner: 7).identify(Evidence(token: token))
      #expect(asked.withLock { $0 } == [[1], [2], [3]])
    }
  }

  // MARK: - Rules in force

  @Test("replaced rules have another generation, and what was worked out before still says its own")
  func generations() throws {
    let control = AccessControl(Self.rules, owner: 7)
    let evidence = Evidence(user: 10)
    guard case .known(let before) = control.identify(evidence) else { throw NotKnown() }
    #expect(before.generation == control.generation)
    control.replace(
      with: AccessRules([
        AccessRules.Principal(name: "other", users: [10], grants: [("", .delete)])
      ]))
    #expect(before.generation != control.generation)
    guard case .known(let after) = control.identify(evidence) else { throw NotKnown() }
    #expect(after.generation == control.generation)
    #expect(before.rights(on: "n".utf8.span) == .read && after.rights(on: "n".utf8.span) == .delete)
    control.replace(with: AccessRules([]))
    guard case .nobody = control.identify(evidence) else { throw NotKnown() }
  }

  @Test("without rules everybody may do everything, and none are put in force later")
  func off() throws {
    let control = AccessControl(nil, owner: 7)
    control.replace(with: AccessRules([]))
    #expect(!control.isOn && control.generation == 0)
    guard case .known(let access) = control.identify(Evidence()) else { throw NotKnown() }
    #expect(access.rights(on: Span()) == .all)
  }

  @Test("a grant has the rights that it was given, and only while its rules are in force")
  func grants() {
    for rights in [[], .read, [.read, .operate], .all] as [Rights] {
      let grant = Grant(rights, 0xFF_FFFF)
      for right in [.read, .operate, .create, .delete, .administer] as [Rights] {
        let lacks = grant.lacks(right, comparedWith: Grant(.all, 0xFF_FFFF))
        #expect(lacks == !rights.contains(right))
        #expect(grant.lacks(right, comparedWith: Grant(.all, 0)))
        #expect(grant.lacks(right, comparedWith: Grant(.all, 0xFF_FFFE)))
      }
    }
  }

  @Test("what no name begins with is told from what a name may")
  func possiblePrefixes() {
    let long = String(repeating: "a", count: 128)
    for prefix in ["", "a", "a.", "a/", "a/.", "a/..", "a/...", ".", "..", long, "a:@-_"] {
      #expect(RegisterService.isPrefixOfNames(prefix), "\(prefix)")
    }
    let full = String(repeating: "a", count: 127) + "/"
    for prefix in ["/", "a//", "./", "../", "a/./", "a/../b", " ", "ä", "a b", long + "a", full] {
      #expect(!RegisterService.isPrefixOfNames(prefix), "\(prefix)")
    }
  }

  @Test("a refusal fits the wire with the longest names")
  func denial() {
    let rules = AccessRules([
      AccessRules.Principal(
        name: String(repeating: "p", count: 48), users: [10], grants: [("", .read)])
    ])
    guard case .known(let access) = AccessControl(rules, owner: 7).identify(Evidence(user: 10))
    else { return }
    let name = String(repeating: "n", count: 128)
    for right in [.read, .operate, .create, .delete, .administer] as [Rights] {
      let text = access.denial(of: right, on: name)
      #expect(text.utf8.count <= 200 && text.hasSuffix(name), "\(text)")
    }
    #expect(access.denial(of: .administer, on: "").hasSuffix("p may not administer the arena"))
    #expect(access.denial(of: .operate, on: "n").hasSuffix("p may not operate on n"))
  }

  private struct NotKnown: Error {}
}
