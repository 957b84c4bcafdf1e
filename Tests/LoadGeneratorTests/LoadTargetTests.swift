// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import LoadGenerator
import Testing

@Suite struct LoadTargetTests {
  @Test(
    "targets are read with their protocols and usual ports",
    arguments: [
      (
        "atr://127.0.0.1:7071", LoadTarget.Wire.atr,
        ServerAddress.tcp(host: "127.0.0.1", port: 7071)
      ),
      ("unix:/run/sock", .atr, .unix(path: "/run/sock")),
      ("redis://127.0.0.1:6380", .redis, .tcp(host: "127.0.0.1", port: 6380)),
      ("redis://localhost", .redis, .tcp(host: "localhost", port: 6379)),
      ("memcached://[::1]", .memcached, .tcp(host: "::1", port: 11211)),
      ("memcached://127.0.0.1", .memcached, .tcp(host: "127.0.0.1", port: 11211)),
      ("limit://127.0.0.1:9", .limit, .tcp(host: "127.0.0.1", port: 9)),
      ("http://127.0.0.1:7071", .http, .http(host: "127.0.0.1", port: 7071)),
      ("shm:/dev/shm/a", .shm, .map(path: "/dev/shm/a")), ("shm:", .shm, .map(path: nil)),
    ])
  func reads(text: String, wire: LoadTarget.Wire, address: ServerAddress) throws {
    let target = try LoadTarget(text)
    #expect(target.wire == wire)
    #expect(target.address == address)
    #expect(target.text == text)
  }

  @Test(
    "what cannot be loaded is refused",
    arguments: ["unix:", "limit://", "redis://", "redis://a:b", "postgres://x", ""])
  func refuses(text: String) {
    #expect(throws: ClientError.self) { try LoadTarget(text) }
  }
}
