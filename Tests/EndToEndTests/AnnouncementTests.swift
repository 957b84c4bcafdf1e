// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import atomics_server

@Suite struct AnnouncementTests {
  private func lines(_ addresses: [String], program: String = "atomics-server") -> [String] {
    Announcement(addresses: addresses, arenaPath: "/a", origin: "new", program: program).text
      .split(separator: "\n").map(String.init)
  }

  @Test("each address stands on a line of its own, then the arena and three commands")
  func shape() {
    #expect(
      lines(["127.0.0.1:7070", "unix:/s"]) == [
        "listening on 127.0.0.1:7070", "listening on unix:/s", "arena /a (new)", "try:",
        "  curl -X PUT http://127.0.0.1:7070/v1/registers/hits -d '{\"type\":\"u64\"}'",
        "  curl --http2-prior-knowledge -X POST http://127.0.0.1:7070/v1/registers/hits/inc",
        "  atomics-client inc hits",
      ])
  }

  @Test("beyond loopback the examples are encrypted; a loopback address needs no certificate")
  func encrypted() {
    func commands(_ addresses: [String], asks: Bool = false) -> [String] {
      let text = Announcement(
        addresses: addresses, arenaPath: "/a", origin: "new", program: "atomics-server",
        certificatePath: "/my cert.pem", asksForCertificate: asks
      ).text
      return text.split(separator: "\n").suffix(3).map(String.init)
    }
    #expect(
      commands(["192.0.2.1:7443"]) == [
        "  curl --cacert '/my cert.pem' -X PUT https://192.0.2.1:7443/v1/registers/hits"
          + " -d '{\"type\":\"u64\"}'",
        "  curl --cacert '/my cert.pem' --http2 -X POST https://192.0.2.1:7443/v1/registers/hits/inc",
        "  atomics-client --server shm:/a inc hits",
      ])
    #expect(
      commands(["[2001:db8::1]:7443"], asks: true)[0].hasPrefix(
        "  curl --cacert '/my cert.pem' --cert YOURS.pem --key YOURS.key -X PUT https://[2001:db8::1]:7443/"
      ))
    for local in ["127.0.0.1:7070", "[::1]:7070"] {
      let command = commands(["192.0.2.1:7443", local])[1]
      #expect(
        command == "  curl --http2-prior-knowledge -X POST http://\(local)/v1/registers/hits/inc")
    }
  }

  @Test("where a token is wanted the examples take it from a file, and never as an argument")
  func token() {
    func command(_ address: String, certificate: String? = nil) -> String? {
      let text = Announcement(
        addresses: [address], arenaPath: "/a", origin: "new", program: "atomics-server",
        certificatePath: certificate, wantsToken: true
      ).text
      return text.split(separator: "\n").suffix(2).first.map(String.init)
    }
    let token = #"sed 's/^/Authorization: Bearer /' "$ATOMICS_TOKEN_FILE""#
    #expect(
      command("127.0.0.1:7070") == "  \(token) | curl -H @-"
        + " --http2-prior-knowledge -X POST http://127.0.0.1:7070/v1/registers/hits/inc")
    #expect(
      command("192.0.2.1:1", certificate: "/c.pem")
        == "  \(token) | curl -H @- --cacert /c.pem --http2"
        + " -X POST https://192.0.2.1:1/v1/registers/hits/inc")
    #expect(command("unix:/s")?.contains("ATOMICS_TOKEN") == false)
  }

  @Test("what a shell would take apart is quoted")
  func quoting() {
    let commands = lines(["unix:/it's a.sock"], program: "/my bin/atomics-server").suffix(3)
    #expect(
      commands.last == #"  '/my bin/atomics-client' --server 'unix:/it'\''s a.sock' inc hits"#)
    for command in commands.dropLast() {
      #expect(command.hasPrefix(#"  curl --unix-socket '/it'\''s a.sock' "#))
    }
  }
}
