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
}
