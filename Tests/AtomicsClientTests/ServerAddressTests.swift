// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Testing

@Suite struct ServerAddressTests {
  @Test(
    "addresses are read, and written as they are read",
    arguments: [
      ("atr://127.0.0.1:7071", ServerAddress.tcp(host: "127.0.0.1", port: 7071)),
      ("atr://[::1]:80", .tcp(host: "::1", port: 80)),
      ("atrs://registers.example:443", .tls(host: "registers.example", port: 443)),
      ("http://localhost:1", .http(host: "localhost", port: 1)),
      ("https://[::1]:8443", .https(host: "::1", port: 8443)),
      ("unix:/run/a/sock", .unix(path: "/run/a/sock")),
      ("unix:relative", .unix(path: "relative")),
      ("shm:/dev/shm/a/b", .map(path: "/dev/shm/a/b")),
      ("shm:", .map(path: nil)),
    ])
  func reads(text: String, address: ServerAddress) throws {
    #expect(try ServerAddress(text) == address)
    #expect(address.description == text)
  }

  @Test(
    "what may be left out is left out",
    arguments: [
      ("atr://host", ServerAddress.tcp(host: "host", port: 7070)),
      ("atr://[::1]", .tcp(host: "::1", port: 7070)),
      ("atrs://host", .tls(host: "host", port: 7070)),
      ("http://host:80/", .http(host: "host", port: 80)),
      ("https://host/", .https(host: "host", port: 7070)),
      ("unix:///run/sock", .unix(path: "/run/sock")),
      ("shm:///dev/shm/a", .map(path: "/dev/shm/a")),
    ])
  func readsShort(text: String, address: ServerAddress) throws {
    #expect(try ServerAddress(text) == address)
  }

  @Test(
    "what is no address is refused with a reason",
    arguments: [
      "", "host:7070", "tcp://host:1", "atr://", "atr://:7070", "atr://host:", "atr://host:0",
      "atr://host:65536", "atr://host:-1", "atr://host:+1", "atr://[::1", "atr://[::1]x",
      "atr://a:1/path", "atr://user@host:1", "http://", "unix:", "ATR://host:1",
      "atrs:host:1", "atrs://", "https://:1", "tls://host:1",
    ])
  func refuses(text: String) {
    let error = #expect(throws: ClientError.self) { try ServerAddress(text) }
    guard case .usage(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!reason.isEmpty)
  }
}
