// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Settings

@Suite struct AccessFileTests {
  private static let words = AccessWords(
    isPrefix: { !$0.contains(" ") }, user: { $0 == "alice" ? 1001 : nil },
    group: { $0 == "staff" ? 50 : nil })
  private static let digest = String(repeating: "0f", count: 32)
  private static let other = String(repeating: "A5", count: 32)

  private func read(_ yaml: String) throws(SettingsError) -> AccessFile {
    try AccessFile(yaml: yaml, name: "a.yaml", Self.words)
  }

  @Test("a file says who has which marks, and what each may do")
  func whole() throws {
    let file = try read(
      """
      principals:
        - name: billing
          token_sha256: ["\(Self.digest)", \(Self.other)]
          certificate: "billing.example.org"
          user: [alice, 1000]
          group: staff
          allow:
            - {prefix: "billing.", may: [read, operate, create]}
            - {prefix: "", may: read}
        - name: "other one"
          user: 0
          allow: []
      """)
    #expect(
      file.principals == [
        AccessFile.Principal(
          name: "billing",
          tokenDigests: [[UInt8](repeating: 0x0F, count: 32), [UInt8](repeating: 0xA5, count: 32)],
          certificates: ["billing.example.org"], users: [1001, 1000], groups: [50],
          grants: [
            AccessFile.Grant(prefix: "billing.", rights: [.read, .operate, .create]),
            AccessFile.Grant(prefix: "", rights: [.read]),
          ]),
        AccessFile.Principal(name: "other one", users: [0]),
      ])
  }

  @Test(
    "a file that was cut short is a mistake: who names nobody says so",
    arguments: ["", "# x\n", "---\n", "~", "principals:\n", "principals: null", "{}"])
  func empty(yaml: String) throws {
    let error = #expect(throws: SettingsError.self) { try read(yaml) }
    let rule = ": an access file has a list of 'principals', [] for nobody"
    #expect(error?.description.hasSuffix(rule) ?? false)
    #expect(try read("principals: []").principals.isEmpty)
  }

  /// A file with one principal, `allow` and what else it is given.
  private static func one(_ marks: String, _ allow: String = "[]") -> String {
    "principals:\n- name: p\n  \(marks)\n  allow: \(allow)\n"
  }

  private static let mistakes: [(String, String)] = [
    ("principal: []", "1:1: an access file has no key 'principal'; did you mean 'principals'?"),
    ("x: 1", "1:1: an access file has no key 'x': there are principals"),
    ("- a", "1:1: an access file is written as 'KEY: VALUE' lines"),
    ("principals: 5", "1:13: 'principals' must be a list"),
    ("principals: [5]", "1:14: a principal is written as 'KEY: VALUE' lines"),
    ("principals:\n- user: 1", "2:3: this principal has no 'name'"),
    (
      "principals:\n- name: ''",
      "2:9: a principal's name has 1 to 48 bytes and no control or format characters"
    ),
    ("principals:\n- name: [a]", "2:9: 'name' must be one text"),
    (
      "principals:\n- name: \"a\\u202Eb\"",
      "2:9: a principal's name has 1 to 48 bytes and no control or format characters"
    ),
    (
      "principals:\n- name: p\n  tokens: x",
      "3:3: a principal has no key 'tokens': there are name, token_sha256, certificate, user, "
        + "group, allow"
    ),
    (
      "principals:\n- name: p\n  token_sha265: x",
      "3:3: a principal has no key 'token_sha265'; did you mean 'token_sha256'?"
    ),
    (
      "principals:\n- name: p\n  allow: []",
      "2:9: nobody can be 'p': give it a token_sha256, a certificate, a user or a group"
    ),
    (
      "principals:\n- name: p\n  user: 1",
      "2:9: 'p' has no 'allow': a list of what it may do, [] for nothing"
    ),
    (
      "principals:\n- {name: p, user: 1, allow: []}\n- {name: p, user: 2, allow: []}",
      "3:10: there are two principals 'p'"
    ),
    (
      one("token_sha256: abc"),
      "3:17: a token_sha256 has 64 hex digits, not 3 characters; `atomics-client token new` "
        + "prints one"
    ),
    (
      one("token_sha256: " + String(repeating: "g", count: 64)),
      "3:17: a token_sha256 has 64 hex digits, not 64 characters; `atomics-client token new` "
        + "prints one"
    ),
    (
      one("token_sha256: [\(digest), \(digest.uppercased())]"), "3:84: 'p' has this token twice"
    ),
    (
      one("token_sha256: \(digest)") + "- name: q\n  token_sha256: \(digest)\n  allow: []",
      "6:17: this token is 'p' already: it cannot be 'q' too"
    ),
    (
      one("user: 1001") + "- name: q\n  user: alice\n  allow: []",
      "6:9: this user is 'p' already: it cannot be 'q' too"
    ),
    (one("certificate: ''"), "3:16: a name in a certificate has 1 to 255 bytes"),
    (one("user: bob"), "3:9: this machine has no user 'bob'"),
    (one("user: -1"), "3:9: this machine has no user '-1'"),
    (one("group: [staff, wheel]"), "3:18: this machine has no group 'wheel'"),
    (one("user: 4294967295"), "3:9: there is no user 4294967295: it is too large"),
    (one("user: 99999999999"), "3:9: there is no user 99999999999: it is too large"),
    (one("user: 1", "5"), "4:10: 'allow' must be a list"),
    (one("user: 1", "[{may: read}]"), "4:11: this entry has no 'prefix': \"\" is all names"),
    (
      one("user: 1", "[{prefix: a}]"),
      "4:11: this entry has no 'may': a list of read, operate, create, delete, administer"
    ),
    (
      one("user: 1", "[{prefix: '', may: []}]"),
      "4:29: 'may' is empty: leave the entry out, or list read, operate, create, delete, administer"
    ),
    (
      one("user: 1", "[{prefix: '', may: [raed]}]"),
      "4:30: there is no right 'raed': there are read, operate, create, delete, administer"
    ),
    (
      one("user: 1", "[{prefix: '', may: [read, opperate]}]"),
      "4:36: there is no right 'opperate'; did you mean 'operate'?"
    ),
    (one("user: 1", "[{prefix: '', may: [read, read]}]"), "4:36: 'read' stands twice"),
    (
      one("user: 1", "[{prefix: 'a b', may: read}]"),
      "4:20: no register's name begins with 'a b'; names have 1 to 128 of the letters, digits and "
        + ". _ - / : @, and no empty, '.' or '..' part between slashes"
    ),
    (
      one("user: 1", "[{prefix: a, may: read}, {prefix: a, may: delete}]"),
      "4:35: 'p' has two entries for the prefix 'a'"
    ),
    (
      one("user: 1", "[{prefix: a, mai: read}]"),
      "4:23: an entry of 'allow' has no key 'mai'; did you mean 'may'?"
    ),
    ("principals: [", "2:1: not YAML: did not find expected node content"),
  ]

  @Test("what is wrong is told with its line and column", arguments: mistakes)
  func errors(yaml: String, message: String) {
    let error = #expect(throws: SettingsError.self) { try read(yaml) }
    #expect(error?.description == "a.yaml:" + message)
  }

  @Test("aliases of aliases do not grow")
  func aliases() {
    let lists = (1..<30).map { "l\($0): &l\($0) [*l\($0 - 1), *l\($0 - 1)]" }
    let error = #expect(throws: SettingsError.self) {
      try read("l0: &l0 [read, read]\n" + lists.joined(separator: "\n"))
    }
    #expect(error != nil)
    let grant = "&g {prefix: '', may: [read]}"
    let many = Self.one("user: 1", "[\(grant)" + String(repeating: ", *g", count: 50_000) + "]")
    #expect(throws: SettingsError.self) { try read(many) }
  }

  @Test("a list of many entries is read in no time, and aliases of it are counted")
  func manyEntries() throws {
    func file(principals: Int, grants: Int) -> String {
      let list = (0..<grants).map { "{prefix: p\($0)., may: read}" }.joined(separator: ",")
      return "principals:\n- {name: n0, user: 0, allow: &a [\(list)]}\n"
        + (1..<principals).map { "- {name: n\($0), user: \($0), allow: *a}\n" }.joined()
    }
    #expect(try read(file(principals: 30, grants: 2_000)).principals[29].grants.count == 2_000)
    let error = #expect(throws: SettingsError.self) {
      try read(file(principals: 100, grants: 2_000))
    }
    #expect(error?.description.contains("there are more than 65536 entries of 'allow'") ?? false)
  }

  @Test("a file that others than its owner may write is not read")
  func permissions() throws {
    let path = NSTemporaryDirectory() + "access-\(UInt64.random(in: .min ... .max)).yaml"
    let link = path + ".link"
    defer { for path in [path, link] { try? FileManager.default.removeItem(atPath: path) } }
    try Data("principals: []".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    for (mode, isRead) in [(0o600, true), (0o644, true), (0o664, false), (0o602, false)] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      for path in [path, link] {
        if isRead {
          #expect(try AccessFile(at: path, Self.words).principals.isEmpty)
        } else {
          #expect(throws: SettingsError.writableByOthers(path: path)) {
            try AccessFile(at: path, Self.words)
          }
        }
      }
      #expect(FilePermissions(ofFileAt: link)?.everybodyMayRead == (mode & 4 != 0))
    }
    #expect(FilePermissions(ofFileAt: path + ".none") == nil)
  }

  @Test("a file above a mebibyte is not read, one that is missing says so")
  func files() throws {
    let path = NSTemporaryDirectory() + "access-\(UInt64.random(in: .min ... .max)).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let missing = #expect(throws: SettingsError.self) { try AccessFile(at: path, Self.words) }
    #expect(missing?.description == "\(path): cannot be read: No such file or directory")
    let text = Data("principals: []\n".utf8)
    try (text + Data(repeating: 0x23, count: 1 << 20 - text.count)).write(
      to: URL(fileURLWithPath: path))
    #expect(try AccessFile(at: path, Self.words).principals.isEmpty)
    try Data(repeating: 0x23, count: 1 << 20 + 1).write(to: URL(fileURLWithPath: path))
    let long = #expect(throws: SettingsError.self) { try AccessFile(at: path, Self.words) }
    #expect(long?.description == "\(path): cannot be read: larger than 1048576 bytes")
  }

  @Test("Config/access.yaml is an access file")
  func example() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Config/access.yaml")
    // Not by its path: who checked the file out has some umask.
    let file = try read(String(contentsOf: path, encoding: .utf8))
    #expect(file.principals.map(\.name) == ["billing", "warehouse", "dashboards"])
  }
}
