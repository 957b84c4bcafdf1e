// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Glibc
import Testing

@Suite struct ListenerSocketTests {
  @Test("port 0 takes a free port and says which")
  func freePort() throws {
    let first = try ListenerSocket(address: SocketAddress("127.0.0.1:0"))
    let second = try ListenerSocket(address: SocketAddress("[::1]:0"))
    #expect(first.boundPort != 0)
    #expect(second.boundPort != 0)
    #expect(first.address == .ipv4(address: 0x7F00_0001, port: first.boundPort))
  }

  @Test("a second server on a TCP address fails and names it")
  func portInUse() throws {
    let first = try ListenerSocket(address: SocketAddress("127.0.0.1:0"))
    let error = #expect(throws: EventLoopError.addressInUse("\(first.address)")) {
      _ = try ListenerSocket(address: first.address)
    }
    #expect(error?.description == "address already in use: 127.0.0.1:\(first.boundPort)")
  }

  @Test("an address that is not ours cannot be bound")
  func foreignAddress() throws {
    let address = try SocketAddress("192.0.2.1:7070")
    #expect(throws: EventLoopError.cannotBind("192.0.2.1:7070", errno: EADDRNOTAVAIL)) {
      _ = try ListenerSocket(address: address)
    }
  }

  @Test("a second server on a live unix socket fails, and the first goes on")
  func pathInUse() throws {
    let directory = try TemporaryDirectory()
    let address = try SocketAddress(unixPath: "\(directory.path)/sock")
    let server = try RunningLoop(address) { EchoHandler() }
    #expect(throws: EventLoopError.addressInUse("\(address)")) {
      _ = try ListenerSocket(address: address)
    }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receive(1) == [1])
    server.stop()
  }

  @Test("a unix socket that a dead server left is taken over")
  func stalePath() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/sock"
    let address = try SocketAddress(unixPath: path)
    // A copy of the file's name survives the listener's own clean-up, as after a kill.
    let dead = try ListenerSocket(address: address)
    // Safety: the paths are read within the calls only.
    unsafe rename(path, "\(directory.path)/other")
    _ = consume dead
    unsafe rename("\(directory.path)/other", path)
    #expect(unsafe access(path, F_OK) == 0)
    let server = try RunningLoop(address) { EchoHandler() }
    let client = try server.connect()
    try client.send([1])
    #expect(try client.receive(1) == [1])
    server.stop()
    #expect(unsafe access(path, F_OK) != 0)
  }

  @Test("a file that is no socket is left alone")
  func foreignFile() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/sock"
    // Safety: the path is read within the calls only.
    close(unsafe creat(path, 0o600))
    #expect(throws: EventLoopError.addressInUse("unix:\(path)")) {
      _ = try ListenerSocket(address: .init(unixPath: path))
    }
    #expect(unsafe access(path, F_OK) == 0)
  }

  @Test("a unix socket is open to its user and group only, whatever the umask")
  func mode() throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/sock"
    let listener = try ListenerSocket(address: .init(unixPath: path))
    var status = stat()
    // Safety: `status` outlives the call.
    #expect(unsafe lstat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o660)
    _ = consume listener
    #expect(unsafe lstat(path, &status) != 0)
  }

  @Test("when descriptors run out the listener rests instead of spinning, and recovers")
  func exhaustedDescriptors() async {
    await #expect(processExitsWith: .success) {
      let server = try RunningLoop { EchoHandler() }
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      // Safety: `limit` outlives the call.
      let result = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      try #require(result == 0)
      var spare: [Int32] = []
      // All descriptors are taken but one, for the client's end. A library may take or give one
      // back at any time, and the server may get that: then the next client is the one.
      for _ in 0..<10 {
        while case let descriptor = dup(2), descriptor >= 0 { spare.append(descriptor) }
        close(spare.removeLast())
        guard let descriptor = try? server.connect().release() else { continue }
        let client = Socket(owning: descriptor)
        try client.send([1])
        let turns = server.loop.turnCount
        // Longer than one rest.
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if unsafe poll(&entry, 1, 250) != 0 { continue }
        try #require(server.loop.turnCount < turns + 20)
        close(spare.removeLast())
        let answer = try client.receive(1)
        try #require(answer == [1])
        return
      }
      Issue.record("the server never ran out of descriptors")
    }
  }
}
