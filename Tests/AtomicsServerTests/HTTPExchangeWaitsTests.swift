// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import HTTP2Session
import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// Waits over HTTP: when they are answered, and with what.
@Suite struct HTTPExchangeWaitsTests {
  private static let target = "/v1/registers/n/wait"

  private func wait(_ body: String) -> String { HTTPPeer.post(Self.target, body) }

  @Test("a wait is answered when its value is there, by GET and by POST")
  func answers() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u64", "3")
      let peer = HTTPPeer(faces)
      #expect(peer.send(wait(#"{"until":"ge:10"}"#)).isEmpty && peer.news().isEmpty)
      #expect(peer.progress.next == .needInput && peer.exchange.lasting.isWaiting)
      _ = try faces.service.perform(
        AtomicRequest(.store, on: register.type, operand: 10), on: register)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(peer.wakes.value > 0)
      let answers = HTTPAnswers(peer.send(""))
      #expect(answers.statuses == [200])
      #expect(answers.bodies == [#"{"satisfied":true,"value":"10"}"#])
      #expect(!peer.exchange.lasting.isOpen)
      let get = "GET \(Self.target)?until=lt:10&timeout_ms=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      #expect(HTTPAnswers(peer.send(get)).bodies == [#"{"satisfied":false,"value":"10"}"#])
    }
  }

  @Test(
    "what runs on the value is told with it",
    arguments: [
      (#"{"op":"sub","operand":"1"}"#, #"{"satisfied":true,"value":"10","old":"10","new":"9"}"#),
      (#"{"op":"store","operand":"4"}"#, #"{"satisfied":true,"value":"10","old":"10","new":"4"}"#),
      (#"{"op":"load"}"#, #"{"satisfied":true,"value":"10","old":"10","new":"10"}"#),
      (
        #"{"op":"bit_test_set","index":2}"#,
        #"{"satisfied":true,"value":"10","index":2,"old_bit":false,"new_bit":true}"#
      ),
      (
        #"{"op":"cmpxchg_strong","expected":"9","desired":"1"}"#,
        #"{"satisfied":true,"value":"10","success":false,"old":"10","new":"10"}"#
      ),
    ])
  func then(then: String, answer: String) throws {
    try Faces.use { faces in
      try faces.create("n", "u64", "10")
      let peer = HTTPPeer(faces)
      let answers = HTTPAnswers(peer.send(wait(#"{"until":"ge:10","then":\#(then)}"#)))
      #expect(answers.bodies == [answer])
    }
  }

  @Test("an operation that fails on the value is a problem, and nothing is applied")
  func declined() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u8", "10")
      let peer = HTTPPeer(faces)
      let then = #"{"op":"sub","operand":"11","overflow":"fail"}"#
      let answers = HTTPAnswers(peer.send(wait(#"{"until":"changed","then":\#(then)}"#)))
      #expect(answers.statuses.isEmpty)
      let seen = HTTPAnswers(peer.send(wait(#"{"until":"ge:1"}"#)))
      #expect(seen.statuses.isEmpty, "the one behind it waits for its turn")
      _ = try faces.service.perform(
        AtomicRequest(.decrement, on: register.type), on: register)
      let news = HTTPAnswers(peer.news())
      #expect(news.statuses == [409, 200] && news.slugs.first == "out-of-bounds")
      let body = news.bodies.first ?? ""
      #expect(body.contains(#""register":"n","op":"sub","value":"9","applied":"no""#), "\(body)")
      #expect(faces.value(register) == "9")
    }
  }

  @Test("a register that is deleted is gone, and the end of the server is told")
  func ends() throws {
    try Faces.use { faces in
      try faces.create("n", "u64")
      let peer = HTTPPeer(faces)
      _ = peer.send(wait(#"{"until":"ge:10"}"#))
      try faces.service.delete(Array("n".utf8).span)
      let gone = HTTPAnswers(peer.news())
      #expect(gone.statuses == [410] && gone.slugs == ["gone"])
      #expect((gone.bodies.first ?? "").contains(#""applied":"no""#))
      #expect(HTTPAnswers(peer.send(wait(#"{"until":"ge:10"}"#))).statuses == [404])
      try faces.create("n", "u64")
      _ = peer.send(wait(#"{"until":"ge:10"}"#) + wait(#"{"until":"ge:11"}"#))
      faces.context.beginDraining()
      let end = HTTPAnswers(peer.drain() + peer.send(""))
      #expect(end.statuses == [503, 503] && end.slugs == ["shutting-down", "shutting-down"])
      #expect(peer.progress.next == .close)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(faces.hub.watchedCount == 0)
    }
  }

  @Test("a client that says nothing more hears of its wait, but takes nothing")
  func halfClosed() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u64")
      let taking = HTTPPeer(faces)
      let body = #"{"until":"ge:1","then":{"op":"sub","operand":1}}"#
      let cancelled = HTTPAnswers(taking.send(wait(body), endOfInput: true))
      #expect(cancelled.statuses == [409] && cancelled.slugs == ["cancelled"])
      #expect((cancelled.bodies.first ?? "").contains(#""applied":"no""#))
      #expect(taking.progress.next == .needInput)
      let looking = HTTPPeer(faces)
      #expect(looking.send(wait(#"{"until":"ge:1"}"#), endOfInput: true).isEmpty)
      #expect(looking.progress.next == .wait)
      _ = try faces.service.perform(
        AtomicRequest(.increment, on: register.type), on: register)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(HTTPAnswers(looking.send("", endOfInput: true)).statuses == [200])
      #expect(faces.value(register) == "1")
      // Gone altogether: nothing is left of its wait.
      let gone = HTTPPeer(faces)
      _ = gone.send(wait(#"{"until":"ge:9","then":{"op":"sub","operand":1}}"#))
      gone.exchange.lasting.close()
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(faces.hub.watchedCount == 0)
    }
  }

  @Test("a wait more than the limit is refused, and says when to try again")
  func limits() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.waitsTotal = 1
    try Faces.use(configured: configuration) { faces in
      try faces.create("n", "u64")
      let (first, second) = (HTTPPeer(faces), HTTPPeer(faces))
      _ = first.send(wait(#"{"until":"ge:1"}"#))
      let text = second.send(wait(#"{"until":"ge:1"}"#))
      #expect(HTTPAnswers(text).statuses == [429] && text.contains("retry-after: 1\r\n"))
      #expect(HTTPAnswers(text).slugs == ["too-many-requests"])
      first.exchange.lasting.close()
      #expect(second.send(wait(#"{"until":"ge:1"}"#)).isEmpty)
    }
  }

  @Test("rules that change end the waits of those who may not ask any more, and no others")
  func rules() throws {
    let rules = TokenRules([("a", "n", .read), ("b", "", [.read, .operate]), ("c", "n", .read)])
    try Faces.use(configured: rules.configuration) { faces in
      let register = try faces.create("n", "u64")
      let body = #"{"until":"ge:1"}"#
      let peers = ["a", "b", "c"].map { name in
        let peer = HTTPPeer(faces)
        let fields = "Authorization: Bearer \(TokenRules.text(name))\r\n"
        let then = name == "b" ? #"{"until":"ge:1","then":{"op":"inc"}}"# : body
        #expect(peer.send(HTTPPeer.post(Self.target, then, fields: fields)).isEmpty)
        return peer
      }
      faces.context.authenticator.control.replace(
        with: TokenRules([("a", "", .read), ("b", "", .read)]).rules)
      faces.hub.reconsiderAll()
      #expect(peers[0].news().isEmpty)
      let denied = HTTPAnswers(peers[1].news())
      #expect(
        denied.statuses == [403] && (denied.bodies.first ?? "").contains("b may not operate on n"))
      let unknown = peers[2].news()
      #expect(HTTPAnswers(unknown).statuses == [401])
      #expect(unknown.contains("www-authenticate: Bearer\r\n"))
      _ = try faces.service.perform(
        AtomicRequest(.increment, on: register.type), on: register)
      #expect(HTTPAnswers(peers[0].news()).statuses == [200])
      #expect(faces.value(register) == "1")
    }
  }

  @Test("streams of HTTP/2 wait each for itself; a reset one takes nothing")
  func http2() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u64")
      let peer = try HTTP2Peer(faces)
      func ask(_ body: String) throws -> UInt32 { try peer.post(Self.target, body) }
      let first = try ask(#"{"until":"ge:1","then":{"op":"sub","operand":1}}"#)
      let second = try ask(#"{"until":"ge:1","then":{"op":"sub","operand":1}}"#)
      let quick = try ask(#"{"until":"eq:0"}"#)
      #expect(peer.run().responses[quick]?.status == 200)
      peer.client.cancel(first)
      #expect(peer.run().responses.isEmpty)
      _ = try faces.service.perform(
        AtomicRequest(.increment, on: register.type), on: register)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      let news = peer.run()
      #expect(Set(news.responses.keys) == [second])
      #expect(faces.value(register) == "0" && faces.hub.watchedCount == 0)
    }
  }
}
