// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct SocketTests {
  @Test("receiving waits no longer than its deadline")
  func receiveDeadline() throws {
    let (near, far) = try socketPair()
    let socket = Socket(owning: near)
    let peer = Socket(owning: far)
    var buffer = [UInt8](repeating: 0, count: 8)
    let deadline = Deadline.after(nanoseconds: 2_000_000)
    #expect(throws: EventLoopError.timedOut) {
      _ = try socket.receive(into: &buffer, at: 0, deadline: deadline)
    }
    #expect(Deadline.now >= deadline)
    // A deadline that has passed still takes what is there.
    try peer.send([4])
    #expect(try socket.receive(into: &buffer, at: 3, deadline: deadline) == 1)
    #expect(buffer == [0, 0, 0, 4, 0, 0, 0, 0])
  }

  @Test("sending to a peer that does not read stops at the deadline")
  func sendDeadline() throws {
    let (near, far) = try socketPair()
    let socket = Socket(owning: near)
    let peer = Socket(owning: far)
    let bytes = [UInt8](repeating: 1, count: 16 << 20)
    #expect(throws: EventLoopError.timedOut) {
      try socket.sendAll(bytes.span, deadline: .after(nanoseconds: 2_000_000))
    }
    withExtendedLifetime(peer.descriptor) {}
  }

  @Test("a peer that is gone is the end of input, and an error for output")
  func disconnected() throws {
    let (near, far) = try socketPair()
    let socket = Socket(owning: near)
    close(far)
    #expect(try socket.receive(1) == [])
    #expect(throws: EventLoopError.disconnected) { try socket.send([1]) }
  }

  @Test("a unix socket tells who is at its other end, a TCP socket does not")
  func credentials() throws {
    let (near, far) = try socketPair()
    let socket = Socket(owning: near)
    let peer = Socket(owning: far)
    let found = peer.peerCredentials
    let credentials = try #require(found)
    #expect(credentials.process == getpid())
    #expect(credentials.user == geteuid())
    #expect(credentials.group == getegid())
    withExtendedLifetime(socket.descriptor) {}
    let server = try RunningLoop { EchoHandler() }
    let client = try server.connect()
    #expect(client.peerCredentials == nil)
  }

  @Test("a unix socket tells its peer's groups, a TCP socket its peer's address")
  func peers() throws {
    let (near, far) = try socketPair()
    let socket = Socket(owning: near)
    let peer = Socket(owning: far)
    let groups = peer.peerGroups
    #expect(groups.first == getegid())
    let count = getgroups(0, nil)
    var own = [gid_t](repeating: 0, count: Int(count))
    #expect(unsafe getgroups(count, &own) == count)
    #expect(Set(groups) == Set(own + [getegid()]))
    #expect(peer.peerAddress == nil)
    withExtendedLifetime(socket.descriptor) {}

    for text in ["127.0.0.1:0", "[::1]:0"] {
      let listener = try ListenerSocket(address: SocketAddress(text))
      let client = try Socket.connect(
        to: listener.address, deadline: .after(nanoseconds: patience))
      let address = client.peerAddress
      #expect(address == listener.address)
      let none = client.peerGroups
      #expect(none == [])
    }
  }

  @Test("accounts are found by name")
  func accounts() {
    #expect(SystemAccounts.user(named: "root") == 0 && SystemAccounts.group(named: "root") == 0)
    for name in ["", "no-such-account", "root\0x"] {
      #expect(SystemAccounts.user(named: name) == nil && SystemAccounts.group(named: name) == nil)
    }
  }

  @Test("a connect that nobody answers stops at its deadline")
  func connectDeadline() throws {
    let full = try FullListener()
    #expect(throws: EventLoopError.timedOut) {
      _ = try Socket.connect(to: full.address, deadline: .after(nanoseconds: 2_000_000))
    }
  }

  @Test("a connect to nobody names the address")
  func connectRefused() throws {
    let listener = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    let address = listener.address
    _ = consume listener
    #expect(throws: EventLoopError.cannotConnect("\(address)", errno: ECONNREFUSED)) {
      _ = try Socket.connect(to: address, deadline: .after(nanoseconds: patience))
    }
  }
}
