// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Settings

@Suite struct ServerSettingsTests {
  @Test("nothing set is the defaults")
  func defaults() throws {
    let settings = try ServerSettings.resolve(flags: [], environment: ["PATH": "/bin"])
    #expect(settings == ServerSettings())
    #expect(settings.listen == [.tcp(host: "127.0.0.1", port: 7070)])
  }

  @Test("flags win over the environment, which wins over the file")
  func precedence() throws {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "settings-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("threads: 1\nlog_level: debug\narena: /a\n".utf8).write(to: file)
    let settings = try ServerSettings.resolve(
      flags: [.init(name: "--threads", key: "threads", value: "3")],
      environment: [
        "ATOMICS_THREADS": "2", "ATOMICS_LOG_LEVEL": "error", "ATOMICS_CONFIG": file.path,
      ])
    #expect(settings.threads == 3)
    #expect(settings.logLevel == .error)
    #expect(settings.arena == "/a")
  }

  @Test("lists: commas in the environment, repeated flags, each replacing what is below")
  func lists() throws {
    let environment = ["ATOMICS_LISTEN": "127.0.0.1:1, [::1]:2 ,unix:/tmp/x"]
    let fromEnvironment = try ServerSettings.resolve(flags: [], environment: environment)
    #expect(fromEnvironment.listen.map(\.description) == ["127.0.0.1:1", "[::1]:2", "unix:/tmp/x"])
    let flags = ["localhost:3", "127.0.0.9:4"].map {
      ServerSettings.Flag(name: "--listen", key: "listen", value: $0)
    }
    let fromFlags = try ServerSettings.resolve(flags: flags, environment: environment)
    #expect(fromFlags.listen.map(\.description) == ["127.0.0.1:3", "127.0.0.9:4"])
  }

  @Test("an empty variable counts as unset")
  func emptyVariable() throws {
    let environment = ["ATOMICS_THREADS": "", "ATOMICS_LISTEN": "", "ATOMICS_CONFIG": ""]
    #expect(
      try ServerSettings.resolve(flags: [], environment: environment) == ServerSettings())
  }

  @Test("messages name the variable or the flag")
  func origins() {
    let environment = #expect(throws: SettingsError.self) {
      try ServerSettings.resolve(flags: [], environment: ["ATOMICS_LIMITS_CONNECTIONS": "0"])
    }
    #expect(
      environment?.description == "environment variable ATOMICS_LIMITS_CONNECTIONS: "
        + "limits.connections: 0 is out of range; allowed: "
        + "a whole number of connections from 1 to 1000000")
    let twice = #expect(throws: SettingsError.self) {
      let flag = ServerSettings.Flag(name: "--threads", key: "threads", value: "1")
      return try ServerSettings.resolve(flags: [flag, flag], environment: [:])
    }
    #expect(twice?.description == "--threads: threads: has 2 values; allowed: exactly one")
    let unknown = #expect(throws: SettingsError.self) {
      let flag = ServerSettings.Flag(name: "--set", key: "tread", value: "1")
      return try ServerSettings.resolve(flags: [flag], environment: [:])
    }
    #expect(unknown?.description == "--set: there is no setting 'tread'; did you mean 'threads'?")
  }

  @Test("the table names each setting once, and its names are usable")
  func table() {
    let table = ServerSettings.table
    #expect(Set(table.map(\.key)).count == table.count)
    #expect(Set(table.map(\.environmentName)).count == table.count)
    for setting in table {
      #expect(setting.key.wholeMatch(of: /[a-z]+(_[a-z]+)*(\.[a-z]+[0-9]?(_[a-z]+)*)?/) != nil)
      #expect(!setting.summary.hasSuffix("."))
    }
  }

  @Test(
    "every setting's default is allowed, and every setting is its own",
    arguments: ServerSettings.table.indices)
  func assignments(index: Int) throws {
    let table = ServerSettings.table
    let setting = table[index]
    var settings = ServerSettings()
    try setting.assign(setting.texts(of: settings), to: &settings)
    #expect(settings == ServerSettings())
    // Another value changes this setting and no other.
    let other: [String] =
      switch setting.kind {
      case .endpoints: ["unix:/x"]
      case .words(_, .host): ["a.example"]
      case .words(_, .origin): ["https://a.example"]
      case .path: ["/x"]
      case .count(_, let allowed, _): [String(allowed.upperBound)]
      case .duration(_, let allowed): [SecondsText.format(allowed.upperBound)]
      case .logLevel: ["critical"]
      case .choice: ["false"]
      case .flag: ["true"]
      case .clientCertificates: ["required"]
      }
    try setting.assign(other, to: &settings)
    let changed = table.filter { $0.texts(of: settings) != $0.texts(of: ServerSettings()) }
    #expect(changed.map(\.key) == [setting.key])
    #expect(setting.texts(of: settings) == other)
  }

  @Test(
    "what has no use alone is refused with what it needs",
    arguments: [
      (["tls_certificate"], "tls_certificate", "tls_key"),
      (["tls_key"], "tls_key", "tls_certificate"),
      (["tls_client_certificates"], "tls_client_certificates", "tls_certificate"),
      (
        ["tls_certificate", "tls_key", "tls_client_certificates"], "tls_client_certificates",
        "tls_client_ca"
      ),
      (
        ["tls_certificate", "tls_key", "tls_client_ca"], "tls_client_ca",
        "tls_client_certificates"
      ),
    ])
  func together(keys: [String], key: String, needs: String) throws {
    let flags = keys.map { key in
      ServerSettings.Flag(
        name: "--set", key: key, value: key == "tls_client_certificates" ? "optional" : "/x")
    }
    let error = #expect(throws: SettingsError.self) {
      try ServerSettings.resolve(flags: flags, environment: [:])
    }
    let text = try #require(error).description
    #expect(text.hasPrefix("'\(key)' is set, and has no use without "), "\(text)")
    #expect(text.contains(needs), "\(text)")
  }

  @Test("flags and rules take their words only")
  func flagsAndRules() throws {
    var settings = ServerSettings()
    for (key, bad) in [
      ("insecure", ["", "yes"]), ("tls_client_certificates", ["", "None", "all"]),
    ] {
      let setting = try #require(ServerSettings.row(key))
      for text in bad {
        #expect(throws: SettingProblem.self) { try setting.assign([text], to: &settings) }
      }
    }
    #expect(settings == ServerSettings())
  }

  @Test("a choice is true, false or left open")
  func choice() throws {
    var settings = ServerSettings()
    let atShutdown = try #require(ServerSettings.row("snapshot_at_shutdown"))
    for (text, value) in [("true", true), ("false", false), ("", nil)] as [(String, Bool?)] {
      try atShutdown.assign([text], to: &settings)
      #expect(settings.snapshotAtShutdown == value)
    }
    for bad in ["yes", "1", "True"] {
      #expect(throws: SettingProblem.self) { try atShutdown.assign([bad], to: &settings) }
    }
  }

  @Test("hosts and origins are checked and lower-cased")
  func words() throws {
    var settings = ServerSettings()
    let hosts = try #require(ServerSettings.row("allowed_hosts"))
    try hosts.assign(["Registers.Example"], to: &settings)
    #expect(settings.allowedHosts == ["registers.example"])
    for bad in ["", "a b", "a/b", "a:1", "é"] {
      #expect(throws: SettingProblem.self) { try hosts.assign([bad], to: &settings) }
    }
    let origins = try #require(ServerSettings.row("allowed_origins"))
    let good = ["http://localhost:3000", "https://a.example", "http://[::1]:80", "http://[::1]"]
    try origins.assign(good, to: &settings)
    #expect(settings.allowedOrigins == good)
    for bad in ["*", "null", "a.example", "ftp://a", "https://a/", "https://a:99999", "https://"] {
      #expect(throws: SettingProblem.self) { try origins.assign([bad], to: &settings) }
    }
  }
}

@Suite struct SecondsTextTests {
  @Test(
    "seconds are read and written exactly",
    arguments: [("0", 0), ("5", 5000), ("0.25", 250), ("1.5", 1500), ("10.001", 10001)])
  func roundTrip(text: String, milliseconds: Int) {
    #expect(SecondsText.parse(text) == .milliseconds(milliseconds))
    #expect(SecondsText.format(.milliseconds(milliseconds)) == text)
  }

  @Test(
    "anything else is refused", arguments: ["", ".", "1.", ".5", "-1", "+1", "1e3", "1.2345", "1 "])
  func refused(text: String) {
    #expect(SecondsText.parse(text) == nil)
  }
}
