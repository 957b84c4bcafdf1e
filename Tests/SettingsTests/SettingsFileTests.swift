// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Settings

@Suite struct SettingsFileTests {
  private func resolve(_ yaml: String) throws(SettingsError) -> ServerSettings {
    try ServerSettings.read(yaml: yaml, name: "s.yaml")
  }

  @Test("a file sets what it names and leaves the rest at the defaults")
  func setsWhatItNames() throws {
    let settings = try resolve(
      """
      # comment
      listen: ["127.0.0.1:0", 'unix:/tmp/a.sock', "[::1]:7071"]
      threads: 3
      limits:
        frame_bytes: 2048
        drain_timeout_seconds: 0.25
      """)
    var expected = ServerSettings()
    expected.listen = [
      .tcp(host: "127.0.0.1", port: 0), .unix(path: "/tmp/a.sock"), .tcp(host: "::1", port: 7071),
    ]
    expected.threads = 3
    expected.limits.frameBytes = 2048
    expected.limits.drainTimeout = .milliseconds(250)
    #expect(settings == expected)
  }

  @Test(
    "an empty file, or one of comments, sets nothing",
    arguments: ["", "# x\n", "\n\n", "---\n", "limits:\n  # connections: 5\n"])
  func setsNothing(yaml: String) throws {
    #expect(try resolve(yaml) == ServerSettings())
  }

  @Test("one address may stand without a list, and an empty list is one")
  func scalarForList() throws {
    #expect(try resolve("listen: 127.0.0.1:9").listen == [.tcp(host: "127.0.0.1", port: 9)])
    #expect(try resolve("listen: []").listen == [])
  }

  @Test(
    "what is wrong is told with its line and column",
    arguments: [
      (
        "threads: many",
        "s.yaml:1:10: threads: 'many' is not a whole number; allowed: "
          + "a whole number of threads from 0 to 1024"
      ),
      (
        "\nthreads: 5000",
        "s.yaml:2:10: threads: 5000 is out of range; allowed: "
          + "a whole number of threads from 0 to 1024"
      ),
      (
        "limits:\n  frame_byte: 1",
        "s.yaml:2:3: there is no setting 'limits.frame_byte'; did you mean 'limits.frame_bytes'?"
      ),
      (
        "frame_bytes: 1",
        "s.yaml:1:1: there is no setting 'frame_bytes'; did you mean 'limits.frame_bytes'?"
      ),
      ("lisen: []", "s.yaml:1:1: there is no setting 'lisen'; did you mean 'listen'?"),
      ("colour: red", "s.yaml:1:1: there is no setting 'colour'"),
      (
        "listen:\n  - 127.0.0.1:1\n  - nowhere",
        "s.yaml:3:5: listen: 'nowhere' is not an address; "
          + "allowed: ADDRESS:PORT such as 127.0.0.1:7070 or [::1]:7070, or unix:PATH"
      ),
      ("listen:", "s.yaml:1:1: listen: has no value; allowed: a list, [] for none"),
      (
        "arena: ~",
        "s.yaml:1:1: arena: has no value; allowed: a value, or leave the line out"
      ),
      (
        "arena: null",
        "s.yaml:1:1: arena: has no value; allowed: a value, or leave the line out"
      ),
      ("threads:", "s.yaml:1:1: threads: has no value; allowed: a value, or leave the line out"),
      ("listen: [~]", "s.yaml:1:10: an item of 'listen' must be plain text"),
      (
        "body_byte: 1",
        "s.yaml:1:1: there is no setting 'body_byte'; did you mean 'limits.body_bytes'?"
      ),
      ("listen: [[]]", "s.yaml:1:10: an item of 'listen' must be plain text"),
      ("threads: [1]", "s.yaml:1:10: 'threads' must be one value"),
      ("limits: 5", "s.yaml:1:9: 'limits' is a section: expected indented settings"),
      (
        "limits:\n  limits:\n    frame_bytes: 1",
        "s.yaml:2:3: there is no setting 'limits.limits'; did you mean 'limits.waits'?"
      ),
      ("- a", "s.yaml:1:1: expected settings as 'KEY: VALUE' lines"),
      ("threads: 1\nthreads: 2", "s.yaml:1:1: 'threads' is set more than once"),
      ("threads: 'x", "s.yaml:1:12: not YAML: found unexpected end of stream"),
      (
        "limits: {drain_timeout_seconds: 1.0001}",
        "s.yaml:1:33: limits.drain_timeout_seconds: '1.0001' is not a number of seconds; "
          + "allowed: seconds from 0 to 3600, with up to three decimals"
      ),
      (
        "log_level: loud",
        "s.yaml:1:12: log_level: 'loud' is not a log level; "
          + "allowed: trace, debug, info, notice, warning, error, critical"
      ),
    ])
  func errors(yaml: String, message: String) {
    let error = #expect(throws: SettingsError.self) { try resolve(yaml) }
    #expect(error?.description == message)
  }

  @Test("a file that cannot be read says why")
  func unreadable() {
    let error = #expect(throws: SettingsError.self) {
      try ServerSettings.resolve(flags: [], environment: [:], file: "/nonexistent/s.yaml")
    }
    guard case .unreadable(let path, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == "/nonexistent/s.yaml")
    #expect(reason == "No such file or directory")
  }

  @Test("a quoted null is text, and is written so that it stays text")
  func quotedNull() throws {
    #expect(try resolve("arena: \"null\"").arena == "null")
    var settings = ServerSettings()
    settings.arena = "null"
    #expect(try resolve(settings.settingsFile) == settings)
  }

  @Test("deep nesting is refused, not followed")
  func deepNesting() {
    #expect(throws: SettingsError.self) {
      try resolve("limits: " + String(repeating: "[", count: 100_000))
    }
  }
}
