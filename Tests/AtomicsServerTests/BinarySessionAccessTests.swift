// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Who may do what over `atr/1`.
@Suite struct BinarySessionAccessTests {
  private static let u64 = RegisterType(name: "u64")!
  private static let rights: [Rights] = [.read, .operate, .create, .delete, .administer]
  /// A principal for each right, on names below `a.`; `all` may do everything.
  private static let oneEach = TokenRules(
    rights.map { ("\($0)", "a.", $0 == .operate ? [.operate, .read] : $0) }
      + [("all", "", .all), ("none", "b.", .read)])

  private func status(_ answer: [UInt8]) throws -> Status? {
    try Welcome.decode(answer.span)?.0.status
  }

  private func open(_ peer: BinaryPeer, _ name: String) throws -> UInt32 {
    let reply = try peer.reply(to: ControlFrame.open(name: name, sequence: 9))
    return try ControlFrame.readOpened(header: reply.header, body: reply.body.span).handle
  }

  private func operation(_ operation: AtomicOperation, handle: UInt32) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(operation, on: Self.u64), type: Self.u64, returns: .nothing,
      handle: handle, sequence: 1
    ).bytes
  }

  private func operation(_ operation: AtomicOperation, name: String) throws -> [UInt8] {
    var frame = try self.operation(operation, handle: FrameHeader.byName)
    let block = NameBlock.bytes(name)
    frame[1] |= FrameFlag.name
    frame[4] = UInt8(frame.count - 16 + block.count)
    frame.insert(contentsOf: block, at: 16)
    return frame
  }

  // MARK: - The greeting

  @Test("without an identity, or with a wrong token, a client is told so, and no more")
  func greeting() throws {
    try Faces.use(configured: Self.oneEach.configuration) { faces in
      let wrong = [
        nil, TokenRules.token("nobody"), BearerToken(Array("hunter2".utf8)),
        BearerToken(Array(repeating: 0, count: 256)),
      ]
      for token in wrong {
        let peer = BinaryPeer(faces, greets: false)
        let (progress, answer) = peer.send(Hello(token: token, clientName: "test").bytes)
        #expect(progress.next == .close)
        let welcome = try #require(try Welcome.decode(answer.span)).0
        #expect(welcome == .refusal(.authenticationRequired))
      }
      _ = try BinaryPeer.greeting(faces, "read")
      // Who shows nothing may still not ask in the same breath.
      let peer = BinaryPeer(faces, greets: false)
      let (progress, answer) = peer.send(
        Hello().bytes + ControlFrame.request(.ping, sequence: 1))
      #expect(progress.next == .close && answer.count == Welcome.refusal(.version).bytes.count)
    }
  }

  private func greet(_ faces: Faces, _ peer: Peer, _ token: BearerToken? = nil) throws -> Status? {
    try status(BinaryPeer(faces, greets: false, as: peer).send(Hello(token: token).bytes).answer)
  }

  @Test("over a Unix socket the server's user and root are let in, and others by user and group")
  func localPeers() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.access = AccessRules([
      AccessRules.Principal(name: "user", users: [70_001], grants: [("a.", .read)]),
      AccessRules.Principal(name: "group", groups: [70_002], grants: [("b.", .read)]),
    ])
    try Faces.use(configured: configuration) { (faces: Faces) throws in
      let own = faces.context.ownUser
      for user in [0, own, 70_001] {
        #expect(try greet(faces, Peer(user: user, mapsArena: false, isLocal: true)) == .ok)
        // The same number without the kernel's word for it is nobody.
        #expect(try greet(faces, Peer(user: user, mapsArena: false)) == .authenticationRequired)
        let token = TokenRules.token("x")
        #expect(
          try greet(faces, Peer(user: user, mapsArena: false, isLocal: true), token)
            == .authenticationRequired)
      }
      let other = Peer(user: 70_009, mapsArena: true, isLocal: true, groups: [1, 70_002])
      #expect(try greet(faces, other) == .ok)
      #expect(
        try greet(faces, Peer(user: 70_009, mapsArena: true, isLocal: true, groups: [1]))
          == .authenticationRequired)
      let grouped = BinaryPeer(faces, as: other)
      #expect(
        try grouped.status(of: ControlFrame.request(.stat, name: "b.x", sequence: 1)) == .notFound)
      #expect(
        try grouped.status(of: ControlFrame.request(.stat, name: "a.x", sequence: 1)) == .denied)
    }
  }

  @Test("without rules nobody is asked, and a token that is given does not count")
  func off() throws {
    try Faces.use { (faces: Faces) throws in
      let peer = BinaryPeer(faces, greets: false)
      #expect(try status(peer.send(Hello(token: TokenRules.token("x")).bytes).answer) == .ok)
      #expect(try peer.status(of: CreateFrame(name: "n", type: Self.u64).frame(sequence: 1)) == .ok)
      #expect(try peer.status(of: DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1)) == .ok)
    }
  }

  // MARK: - Rights

  @Test("each right permits its requests and no others", arguments: rights)
  func matrix(right: Rights) throws {
    try Faces.use(configured: Self.oneEach.configuration) { faces in
      let all = try BinaryPeer.greeting(faces, "all")
      let peer = try BinaryPeer.greeting(faces, "\(right)")
      let reads = right == .read || right == .operate
      func expect(
        _ frame: [UInt8], _ isPermitted: Bool, _ what: String,
        _ location: SourceLocation = #_sourceLocation
      ) throws {
        let status = try peer.status(of: frame)
        #expect(
          (status != .denied) == isPermitted, "\(what): \(status as Any)", sourceLocation: location)
      }
      func create(_ name: String) -> [UInt8] {
        CreateFrame(name: name, type: Self.u64).frame(sequence: 1)
      }
      #expect(try all.status(of: create("a.n")) == .ok)
      for operation in AtomicOperation.allCases where operation.exists(on: Self.u64.kind) {
        let isPermitted = right == .operate || right == .read && operation.isReadOnly
        try expect(self.operation(operation, name: "a.n"), isPermitted, "\(operation)")
        try expect(self.operation(operation, name: "a.missing"), isPermitted, "\(operation)")
        try expect(self.operation(operation, name: "c.n"), false, "\(operation)")
        if reads {
          try expect(
            self.operation(operation, handle: open(peer, "a.n")), isPermitted, "\(operation)")
        }
      }
      for (name, isHis) in [("a.n", true), ("a.missing", true), ("c.n", false)] {
        try expect(ControlFrame.open(name: name, sequence: 1), isHis && reads, "OPEN \(name)")
        try expect(
          ControlFrame.open(name: name + "2", creating: Self.u64, sequence: 1),
          isHis && right == .create, "OPEN and create \(name)")
        try expect(create(name + "3"), isHis && right == .create, "CREATE \(name)")
        try expect(
          ControlFrame.request(.stat, name: name, sequence: 1), isHis && reads, "STAT \(name)")
        try expect(
          ControlFrame.request(.pin, name: name, sequence: 1), isHis && right == .administer,
          "PIN \(name)")
        try expect(
          ControlFrame.request(.delete, name: name, sequence: 1), isHis && right == .delete,
          "DELETE \(name)")
      }
      // What is about the whole arena takes the right on every name.
      try expect(DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1), false, "DELETE_OWNED")
      try expect(ControlFrame.request(.arenaStat, sequence: 1), false, "ARENA_STAT")
      #expect(try peer.status(of: ControlFrame.request(.nop, sequence: 1)) == .ok)
      #expect(try peer.status(of: ControlFrame.ping([], sequence: 1)) == .ok)
      #expect(try peer.status(of: ListFrame().frame(sequence: 1)) == .ok)
    }
  }

  @Test("administering every name is administering the arena")
  func arena() throws {
    let rules = TokenRules([("admin", "", .administer), ("rest", "", [.read, .operate, .delete])])
    try Faces.use(configured: rules.configuration) { faces in
      let admin = try BinaryPeer.greeting(faces, "admin")
      let deleteOwned = DeleteOwnedFrame(ownerTag: 1).frame(sequence: 1)
      let arenaStat = ControlFrame.request(.arenaStat, sequence: 1)
      #expect(try admin.status(of: deleteOwned) == .ok)
      // The figures are gathered by another thread: not refused is what it takes here.
      let (progress, answer) = admin.send(arenaStat)
      #expect(progress.next == .wait || answer[2] == Status.ok.rawValue)
      let rest = try BinaryPeer.greeting(faces, "rest")
      #expect(try rest.status(of: deleteOwned) == .denied)
      #expect(try rest.status(of: arenaStat) == .denied)
    }
  }

  @Test("a refusal names principal, right and register, and says that nothing was applied")
  func text() throws {
    try Faces.use(configured: Self.oneEach.configuration) { faces in
      try faces.create("a.n", "u64")
      let peer = try BinaryPeer.greeting(faces, "read")
      let handle = try open(peer, "a.n")
      for frame in try [operation(.increment, handle: handle), operation(.increment, name: "a.n")] {
        let reply = try peer.reply(to: frame)
        let failure = WireFailure(status: .denied, body: reply.body.span)
        #expect(reply.header.orderOrStatus == Status.denied.rawValue && failure.applied == .no)
        #expect(failure.text == "read may not operate on a.n")
      }
      // A name that no register can have is denied like any other.
      let invalid = try peer.reply(to: ControlFrame.request(.stat, name: "b//", sequence: 1))
      #expect(WireFailure(status: .denied, body: invalid.body.span).text == "read may not read b//")
    }
  }

  @Test("LIST leaves out what may not be read, and comes to its end")
  func list() throws {
    let rules = TokenRules([("some", "a.", .read), ("some", "b.x", .read), ("none", "", .create)])
    try Faces.use(configured: rules.configuration) { faces in
      for index in 0..<40 {
        for prefix in ["a.", "b.", "c."] { try faces.create("\(prefix)\(index)", "u64") }
      }
      try faces.create("b.x1", "u64")
      func all(_ name: String) throws -> [String] {
        let peer = try BinaryPeer.greeting(faces, name)
        var names: [String] = []
        var cursor: UInt64 = 0
        repeat {
          let reply = try peer.reply(to: ListFrame(cursor: cursor, limit: 7).frame(sequence: 1))
          let page = try ListReply(header: reply.header, body: reply.body.span)
          names += page.entries.map(\.name)
          cursor = page.next
        } while cursor != 0
        return names
      }
      #expect(try all("some") == (0..<40).map { "a.\($0)" } + ["b.x1"])
      #expect(try all("none") == [])
    }
  }

  @Test("a handle takes 16 bytes")
  func size() {
    #expect(MemoryLayout<OpenRegister>.stride == 16)
  }

  // MARK: - Rules that change

  @Test("changed rules hold for the next request, on handles that are open too")
  func change() throws {
    let before = TokenRules([("p", "", [.read, .operate])])
    try Faces.use(configured: before.configuration) { faces in
      for name in ["a.n", "b.n"] { try faces.create(name, "u64") }
      let control = faces.context.authenticator.control
      let peer = try BinaryPeer.greeting(faces, "p")
      let handles = try ["a.n", "b.n"].map { try open(peer, $0) }
      func statuses(_ operation: AtomicOperation) throws -> [Status?] {
        try handles.map { try peer.status(of: self.operation(operation, handle: $0)) }
      }
      #expect(try statuses(.increment) == [.ok, .ok])
      control.replace(with: TokenRules([("p", "", .read), ("p", "b.", .operate)]).rules)
      for _ in 0..<2 {
        #expect(try statuses(.increment) == [.denied, .ok])
        #expect(try statuses(.load) == [.ok, .ok])
      }
      control.replace(with: before.rules)
      #expect(try statuses(.increment) == [.ok, .ok])
      // A handle whose register is gone says so, also where its rights are to be worked out anew.
      let name = "b.n"
      try faces.service.delete(name.utf8.span)
      control.replace(with: before.rules)
      #expect(try statuses(.increment) == [.ok, .gone])
    }
  }

  @Test("a principal that is taken out is told so at its next request, and closed")
  func removal() throws {
    let rules = TokenRules([("p", "", .all), ("q", "", .all)])
    try Faces.use(configured: rules.configuration) { faces in
      let register = try faces.create("n", "u64")
      let peer = try BinaryPeer.greeting(faces, "p")
      let other = try BinaryPeer.greeting(faces, "q")
      let handle = try open(peer, "n")
      faces.context.authenticator.control.replace(with: TokenRules([("q", "", .all)]).rules)
      let frame = try operation(.increment, handle: handle)
      let (progress, answer) = peer.send(frame + frame)
      #expect(progress == StreamProgress(consumed: 2 * frame.count, next: .close))
      #expect(answer[0] == Opcode.goAway.rawValue)
      #expect(answer[2] == Status.authenticationRequired.rawValue)
      #expect(faces.value(register) == "0")
      #expect(try other.status(of: operation(.increment, handle: open(other, "n"))) == .ok)
    }
  }
}
