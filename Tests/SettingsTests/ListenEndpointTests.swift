// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Settings

@Suite struct ListenEndpointTests {
  @Test(
    "addresses and Unix paths are read",
    arguments: [
      ("127.0.0.1:7070", "127.0.0.1:7070"), ("127.255.1.2:0", "127.255.1.2:0"),
      ("localhost:1", "127.0.0.1:1"), ("[::1]:65535", "[::1]:65535"),
      ("[0:0:0:0:0:0:0:1]:1", "[0:0:0:0:0:0:0:1]:1"), ("unix:/a/b.sock", "unix:/a/b.sock"),
      ("unix:relative", "unix:relative"),
      ("0.0.0.0:7070", "0.0.0.0:7070"), ("10.0.0.1:1", "10.0.0.1:1"), ("[::]:1", "[::]:1"),
      ("[2001:db8::1]:1", "[2001:db8::1]:1"), ("[::ffff:7f00:1]:1", "[::ffff:7f00:1]:1"),
    ])
  func accepted(text: String, description: String) throws {
    #expect(try ListenEndpoint(text).description == description)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", ":", "7070", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1",
      "127.0.0.1:-1", "127.1:1", "127.0.0.01:1", "256.0.0.1:1", "::1:1", "[::1]", "[]:1",
      "[::1:1", "[:::1]:1", "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[1::2:3:4:5:6:7:8]:1",
      "[g::1]:1", "[::12345]:1", "[127.0.0.1]:1", "example.com:1", "unix:",
      "unix:" + String(repeating: "a", count: 108),
    ])
  func malformed(text: String) {
    #expect(throws: SettingProblem.self) { try ListenEndpoint(text) }
  }
}
