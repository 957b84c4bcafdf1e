// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Settings

@Suite struct ServerSettingsDocumentationTests {
  @Test("Config/atomics-server.yaml is what the table says, to the letter")
  func committedFile() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Config/atomics-server.yaml")
    // When this fails: atomics-server --print-config > Config/atomics-server.yaml
    #expect(try String(contentsOf: file, encoding: .utf8) == ServerSettings().settingsFile)
  }

  @Test("the written file names every setting and reads back as the same settings")
  func roundTrip() throws {
    var settings = ServerSettings()
    settings.arena = "/tmp/\"quoted\" \\ \u{1}:# x"
    settings.listen = [.unix(path: "/a, b"), .tcp(host: "::1", port: 0)]
    settings.logLevel = .trace
    settings.allowedOrigins = ["https://a.example"]
    settings.snapshotDirectory = "/var/lib/x"
    settings.snapshotInterval = .milliseconds(1500)
    settings.snapshotAtShutdown = false
    settings.insecure = true
    settings.tlsClientCertificates = .optional
    settings.tlsClientCA = "/a b"
    settings.limits.drainTimeout = .milliseconds(1)
    let layer = try SettingsLayer(yaml: settings.settingsFile, path: "s.yaml")
    #expect(Set(layer.entries.keys) == Set(ServerSettings.table.map(\.key)))
    var read = ServerSettings()
    try layer.apply(to: &read)
    #expect(read == settings)
  }

  @Test("the help names every key, variable and flag")
  func help() {
    for setting in ServerSettings.table {
      #expect(ServerSettings.help.contains("\n  \(setting.key)\n"))
      let names = [setting.environmentName, setting.flag].compactMap(\.self)
      #expect(ServerSettings.help.contains("      \(names.joined(separator: ", "))\n"))
    }
    #expect(ServerSettings.help.split(separator: "\n").allSatisfy { $0.count <= 78 })
  }
}
