// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import HTTP1Session
import HTTP2Session
import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// Event streams over HTTP.
@Suite struct HTTPExchangeWatchesTests {
  private func store(_ value: UInt128, in register: RegisterReference, _ faces: Faces) throws {
    _ = try faces.service.perform(
      AtomicRequest(.store, on: register.type, operand: value), on: register)
  }

  @Test("the present values come first, then what changes, then the end")
  func one() throws {
    try Faces.use { faces in
      let (n, m) = (try faces.create("n", "u64", "7"), try faces.create("m", "i8", "-1"))
      let peer = HTTPPeer(faces)
      let first = peer.send(HTTPPeer.watch("name=n&name=m"))
      #expect(first.hasPrefix("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"))
      #expect(first.contains("\r\n\r\nretry: 1000\n\nid: "))
      let found = HeardEvents(first)
      #expect(found.told == ["change n=7", "change m=-1"])
      #expect(found.data.first == #"{"name":"n","type":"u64","value":"7","change":0}"#)
      try store(8, in: n, faces)
      let change = HeardEvents(peer.news())
      #expect(change.data == [#"{"name":"n","type":"u64","value":"8","change":1}"#])
      let numbers = (found.ids + change.ids).map { $0.split(separator: "-") }
      #expect(numbers.map { $0[2] } == ["1", "2", "3"] && Set(numbers.map { $0[1] }).count == 1)
      #expect(numbers.allSatisfy { $0[0] == "\(faces.service.bootEpoch)" })
      try faces.service.delete(Array("n".utf8).span)
      #expect(HeardEvents(peer.news()).data == [#"{"name":"n","type":"u64"}"#])
      #expect(peer.progress.next == .needInput)
      // The last one: there is nothing left to be told of.
      try faces.service.delete(Array("m".utf8).span)
      #expect(HeardEvents(peer.news()).told == ["deleted m"])
      #expect(peer.progress.next == .close && faces.hub.watchedCount == 0)
      _ = m
    }
  }

  @Test("who does not read finds the latest value, and how many were missed")
  func slow() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u64")
      let peer = HTTPPeer(faces)
      _ = peer.send(HTTPPeer.watch("name=n"))
      for value in 1...5 as ClosedRange<UInt128> {
        try store(value, in: register, faces)
        #expect(peer.news(kept: 1).isEmpty)
        #expect(peer.progress.next == .needInput && peer.exchange.awaitsSending)
      }
      let gap = HeardEvents(peer.news())
      #expect(gap.data == [#"{"name":"n","type":"u64","missed":4,"value":"5"}"#])
      #expect(gap.told == ["gap n=5"])
      #expect(!peer.exchange.awaitsSending)
    }
  }

  @Test("a stream that goes on says that something is missing, then what is")
  func resumed() throws {
    try Faces.use { faces in
      try faces.create("n", "u64", "7")
      let peer = HTTPPeer(faces)
      let heard = HeardEvents(
        peer.send(HTTPPeer.watch("name=n", fields: "Last-Event-ID: 1-2-3\r\n")))
      #expect(heard.told == ["gap", "change n=7"])
      #expect(heard.data.first == #"{"name":null,"missed":null,"value":null}"#)
      let empty = HTTPPeer(faces).send(HTTPPeer.watch("name=n", fields: "Last-Event-ID: \r\n"))
      #expect(HeardEvents(empty).told == ["change n=7"])
    }
  }

  @Test("a prefix shows what may be read, what comes later too, and each register once")
  func prefix() throws {
    let rules = TokenRules([("a", "a.", .read)])
    try Faces.use(configured: rules.configuration) { faces in
      for name in ["a.1", "b.1"] { try faces.create(name, "u64") }
      let peer = HTTPPeer(faces)
      let fields = "Authorization: Bearer \(TokenRules.text("a"))\r\n"
      var text = peer.send(HTTPPeer.watch("prefix=&name=a.1&prefix=a.", fields: fields))
      text += peer.news()
      #expect(HeardEvents(text).told == ["change a.1=0"])
      try faces.create("a.2", "u64", "5")
      #expect(HeardEvents(peer.news()).told == ["change a.2=5"])
      let denied = HTTPPeer(faces).send(HTTPPeer.watch("name=b.1", fields: fields))
      #expect(HTTPAnswers(denied).statuses == [403])
      #expect(HTTPAnswers(HTTPPeer(faces).send(HTTPPeer.watch("name=a.1"))).statuses == [401])
    }
  }

  @Test("rules that change end a stream that they concern, and say so")
  func rules() throws {
    let rules = TokenRules([("a", "", .read), ("b", "", .read)])
    try Faces.use(configured: rules.configuration) { faces in
      try faces.create("n", "u64")
      try faces.create("m", "u64")
      func watch(_ name: String, _ query: String) -> HTTPPeer {
        let peer = HTTPPeer(faces)
        let fields = "Authorization: Bearer \(TokenRules.text(name))\r\n"
        _ = peer.send(HTTPPeer.watch(query, fields: fields)) + peer.news()
        return peer
      }
      let (kept, lost) = (watch("a", "name=n"), watch("a", "name=n&name=m"))
      let (prefix, unknown) = (watch("a", "prefix=n"), watch("b", "name=n"))
      faces.context.authenticator.control.replace(with: TokenRules([("a", "n", .read)]).rules)
      faces.hub.reconsiderAll()
      #expect(kept.news().isEmpty && kept.progress.next == .needInput)
      for peer in [lost, prefix, unknown] {
        let end = HeardEvents(peer.news())
        #expect(
          end.told == ["ended"] && end.data.first?.contains("/problems/unauthorized") ?? false)
        #expect(peer.progress.next == .close)
      }
      #expect(faces.hub.watchedCount == 1)
    }
  }

  @Test("a prefix that finds too many registers ends with its reason")
  func tooMany() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.watchedRegisters = 2
    try Faces.use(configured: configuration) { faces in
      for name in ["a1", "a2", "a3"] { try faces.create(name, "u64") }
      let peer = HTTPPeer(faces)
      let heard = HeardEvents(peer.send(HTTPPeer.watch("prefix=a")) + peer.news())
      #expect(heard.told.last == "ended")
      #expect(heard.data.last?.contains("at most 2 registers") ?? false)
      #expect(peer.progress.next == .close)
    }
  }

  @Test("a server that ends, and a client that says nothing more, end the stream properly")
  func ends() throws {
    try Faces.use { faces in
      try faces.create("n", "u64")
      let request = "GET /v1/watch?name=n HTTP/1.1\r\nHost: localhost\r\n\r\n"
      let ending = HTTPPeer(faces)
      _ = ending.send(request)
      let text = ending.drain()
      #expect(text.contains("event: ended\ndata: {\"type\":\"/problems/shutting-down\""))
      #expect(text.hasSuffix("\r\n0\r\n\r\n") && ending.progress.next == .close)
      let leaving = HTTPPeer(faces)
      let last = leaving.send(request, endOfInput: true)
      #expect(last.contains("event: change\n") && last.hasSuffix("\r\n0\r\n\r\n"))
      #expect(leaving.progress.next == .needInput)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(faces.hub.watchedCount == 0)
      // What is asked while the server ends is not begun.
      faces.context.beginDraining()
      #expect(HTTPAnswers(HTTPPeer(faces).send(request)).statuses == [503])
    }
  }

  @Test("HEAD begins nothing, and another request can follow")
  func head() throws {
    try Faces.use { faces in
      try faces.create("n", "u64")
      let peer = HTTPPeer(faces)
      let text = peer.send(
        "HEAD /v1/watch?name=n HTTP/1.1\r\nHost: localhost\r\n\r\n"
          + "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(HTTPAnswers(text).statuses == [200, 200])
      #expect(text.contains("text/event-stream") && faces.hub.watchedCount == 0)
      #expect(!peer.exchange.lasting.isOpen && peer.exchange.session.nextClosed() == nil)
    }
  }

  @Test("a quiet stream is sent a comment in time, and a reader that takes nothing is given up")
  func heartbeats() throws {
    try Faces.use { faces in
      let register = try faces.create("n", "u64")
      let peer = HTTPPeer(faces)
      _ = peer.send(HTTPPeer.watch("name=n"))
      let interval = faces.context.limits.heartbeatNanoseconds
      let start = try #require(peer.exchange.nanosecondsToBeat(at: 0)) - interval
      #expect(peer.beat(now: start + interval - 1) == "")
      // The first event was written a little later.
      let due = start + interval + interval / 2
      #expect(peer.beat(now: due) == ":\n\n")
      #expect(peer.exchange.nanosecondsToBeat(at: due) == interval)
      // Whoever was told something needs no comment before its time.
      try store(1, in: register, faces)
      #expect(HeardEvents(peer.news()).told == ["change n=1"])
      var time = due
      for _ in 0..<4 {
        time += interval
        #expect(peer.beat(now: time, unsent: 100) == "")
      }
      #expect(peer.beat(now: time + interval, unsent: 99) == "", "it has taken a byte")
      for beat in 2...5 as ClosedRange<UInt64> {
        let text = peer.beat(now: time + beat * interval, unsent: 99)
        #expect(text == (beat < 5 ? "" : nil))
      }
    }
  }

  @Test("streams of one connection are told each for itself, as far as their readers take it")
  func http2() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.watches = 3
    try Faces.use(configured: configuration) { faces in
      let register = try faces.create("n", "u64")
      let peer = try HTTP2Peer(faces)
      let streams = try (0..<4).map { _ in try peer.watch("name=n") }
      let first = peer.run()
      #expect(streams.map { first.responses[$0]?.status } == [200, 200, 200, 429])
      for stream in streams[..<3] {
        #expect(HeardEvents(first.text[stream] ?? "").told == ["change n=0"])
      }
      peer.client.cancel(streams[0])
      _ = peer.run()
      try store(1, in: register, faces)
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      let change = peer.run()
      #expect(Set(change.text.keys) == Set(streams[1...2]))
      // One more fits again.
      let again = try peer.watch("name=n")
      #expect(peer.run().responses[again]?.status == 200)
      peer.exchange.lasting.close()
      while faces.hub.process(now: Deadline.now.nanoseconds) {}
      #expect(faces.hub.watchedCount == 0)
    }
  }

  @Test("a reader whose window is shut costs what its bound says, and finds the latest value")
  func window() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 1 << 10
    try Faces.use { faces in
      let register = try faces.create("n", "u64")
      let peer = try HTTP2Peer(faces, clientLimits: limits)
      let stream = try peer.watch("name=n")
      var text = peer.run().text[stream] ?? ""
      for value in 1...1000 as ClosedRange<UInt128> {
        try store(value, in: register, faces)
        while faces.hub.process(now: Deadline.now.nanoseconds) {}
        _ = peer.run(fetches: false)
        // What was given, and one event more.
        #expect(peer.exchange.session.unsentBytes(of: stream) < EventStream.unsentLimit + 200)
      }
      text += peer.run().text[stream] ?? ""
      let events = HeardEvents(text)
      #expect(events.told.last == "gap n=1000", "\(events.told)")
      #expect(events.told.count < 1000)
    }
  }
}
