// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage
import Testing
import WireProtocol

@testable import AtomicsClient

@Suite struct AccessTokenTests {
  @Test("a new token is another each time, reads back, and has the digest of its text")
  func new() throws {
    let token = try AccessToken.new()
    #expect(try AccessToken.new() != token)
    #expect(try AccessToken(" \(token.secret)\r\n") == token)
    #expect(token.secret.hasPrefix("atr_") && token.secret.utf8.count == 68)
    #expect("\(token)" == "atr_…" && !String(reflecting: token).contains(token.secret))
    // echo -n atr_00…00 | sha256sum
    let zero = try AccessToken("atr_" + String(repeating: "0", count: 64))
    #expect(zero.sha256 == Self.digestOfZeros)
  }

  private static let digestOfZeros =
    "8fa99d182447c657705879a8d1b1197f397b1e252ec4eeefd8f587103de086ec"

  @Test("what is no token is refused without being shown", arguments: ["", "hunter2", "atr_12"])
  func malformed(text: String) {
    let error = #expect(throws: ClientError.self) { try AccessToken(text) }
    #expect(error?.applied == .no && (text.isEmpty || error?.description.contains(text) == false))
  }

  @Test("HELLO carries the token and the name, Authorization the token")
  func sent() throws {
    let token = try AccessToken.new()
    var output = OutputBuffer()
    FrameSession(connection: 1, token: token.bearer, name: "me").begin(into: &output)
    let opening = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    let hello = try Hello.decode(opening.span)?.0
    #expect(hello?.token == token.bearer && hello?.clientName == "me")

    let client = try JSONSession(authority: "127.0.0.1:7070", connection: 1, token: token.bearer)
    let server = try HTTP2Session(role: .server)
    var bytes = OutputBuffer()
    client.begin(into: &bytes)
    client.submit(.ping, ticket: 1, into: &bytes)
    let sent = bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    _ = try server.receive(sent.span)
    var fields: [String?] = []
    while case .request(let request)? = server.nextEvent() {
      fields.append(request.fields.text("authorization"))
    }
    #expect(fields == ["Bearer \(token.secret)"])
  }

  @Test(
    "a server that does not know the client says so: with and without a token, at once or later")
  func refused() throws {
    for (token, text) in [
      (nil, "The server does not know who asks."),
      (try AccessToken.new().bearer, "The server does not know this token."),
    ] as [(BearerToken?, String)] {
      let session = FrameSession(connection: 1, token: token)
      var output = OutputBuffer()
      let refusal = Welcome.refusal(.authenticationRequired).bytes
      #expect(throws: ClientError.rejected(code: "unauthorized", text: text, applied: .no)) {
        try session.receive(refusal.span, into: &output)
      }
    }
    let session = FrameSession(connection: 1)
    var output = OutputBuffer()
    var welcome = Welcome.refusal(.ok)
    welcome.inFlightLimit = 8
    let withdrawn = ControlFrame.goAway(WireFailure(.authenticationRequired, "changed"))
    session.submit(.ping, ticket: 1, into: &output)
    let bytes = welcome.bytes + withdrawn
    let expected = ClientError.rejected(code: "unauthorized", text: "changed", applied: .no)
    #expect(throws: expected) { try session.receive(bytes.span, into: &output) }
  }

  @Test("an answer 401 is told as the other protocol tells it")
  func unauthorized() {
    for (challenge, text) in [
      ("Bearer", "The server does not know who asks."),
      (#"Bearer error="invalid_token""#, "The server does not know this token."),
    ] {
      var response = HTTPResponse(
        status: 401, body: Array(#"{"type":"/problems/unauthorized","detail":"x"}"#.utf8))
      response.fields.append(name: "www-authenticate", value: challenge)
      let result = JSONResponse(response).result(of: .ping, connection: 1)
      guard case .failure(let error) = result else {
        Issue.record("accepted")
        continue
      }
      #expect(error == .rejected(code: "unauthorized", text: text, applied: .no))
    }
  }
}
