// SPDX-License-Identifier: Apache-2.0
import Settings
import Testing

@Suite struct ClientSettingsTests {
  @Test("the flag wins over the environment, which wins over the default")
  func precedence() {
    let environment = ["ATOMICS_SERVER": "shm:"]
    #expect(ClientSettings(environment: [:]).server == "atr://127.0.0.1:7070")
    #expect(ClientSettings(environment: [:]).serverOrigin == nil)
    #expect(ClientSettings(environment: ["ATOMICS_SERVER": ""]).server == "atr://127.0.0.1:7070")
    #expect(
      ClientSettings(environment: environment).serverOrigin == .environment(name: "ATOMICS_SERVER"))
    #expect(ClientSettings(serverFlag: "unix:/x", environment: environment).server == "unix:/x")
  }

  @Test("each option of TLS wins over its variable")
  func tls() {
    let environment = [
      "ATOMICS_TLS_CA": "/ca", "ATOMICS_TLS_CERTIFICATE": "/c", "ATOMICS_TLS_KEY": "/k",
      "ATOMICS_TLS_SERVER_NAME": "name",
    ]
    let all = ClientSettings.TLS(ca: "/ca", certificate: "/c", key: "/k", serverName: "name")
    #expect(ClientSettings(environment: [:]).tls == ClientSettings.TLS())
    #expect(ClientSettings(environment: ["ATOMICS_TLS_CA": ""]).tls == ClientSettings.TLS())
    #expect(ClientSettings(environment: environment).tls == all)
    let flags = ClientSettings.TLS(ca: "/1", certificate: "/2", key: "/3", serverName: "4")
    #expect(ClientSettings(tlsFlags: flags, environment: environment).tls == flags)
  }

  @Test("a token's file wins over the variable with the token, which wins over that with a file")
  func token() {
    let both = ["ATOMICS_TOKEN": "t", "ATOMICS_TOKEN_FILE": "/f"]
    #expect(ClientSettings(environment: ["ATOMICS_TOKEN": ""]).token == nil)
    #expect(
      ClientSettings(tokenFileFlag: "/g", environment: both).token
        == .file(path: "/g", .flag(name: "--token-file")))
    #expect(
      ClientSettings(environment: both).token == .text("t", .environment(name: "ATOMICS_TOKEN")))
    #expect(
      ClientSettings(environment: ["ATOMICS_TOKEN_FILE": "/f"]).token
        == .file(path: "/f", .environment(name: "ATOMICS_TOKEN_FILE")))
  }
}
