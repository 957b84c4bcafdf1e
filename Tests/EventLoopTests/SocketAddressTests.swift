// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Testing

@Suite struct SocketAddressTests {
  @Test(
    "an address is parsed and printed",
    arguments: [
      ("127.0.0.1:7070", "127.0.0.1:7070", true), ("127.9.9.9:0", "127.9.9.9:0", true),
      ("localhost:80", "127.0.0.1:80", true), ("0.0.0.0:65535", "0.0.0.0:65535", false),
      ("192.168.1.20:1", "192.168.1.20:1", false), ("[::1]:7070", "[::1]:7070", true),
      ("[::]:1", "[::]:1", false), ("[fe80::12:0:3]:9", "[fe80::12:0:3]:9", false),
      ("unix:/run/a b.sock", "unix:/run/a b.sock", true), ("unix:sock", "unix:sock", true),
    ])
  func valid(text: String, printed: String, isLoopback: Bool) throws {
    let address = try SocketAddress(text)
    #expect(address.description == printed)
    #expect(address.isLoopback == isLoopback)
    #expect(try SocketAddress(printed) == address)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "7070", ":7070", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
      "127.0.0.1:+1", "127.0.0.1:1 ", "127.1:7070", "256.0.0.1:7070", "example.org:80",
      "[::1]", "[::1:7070", "[::g]:1", "unix:", "unix:a\u{0}b",
      "unix:/" + String(repeating: "x", count: 107),
    ])
  func invalid(text: String) {
    #expect(throws: EventLoopError.self) { try SocketAddress(text) }
  }
}
