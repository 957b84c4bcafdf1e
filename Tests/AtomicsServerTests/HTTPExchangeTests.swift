// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Testing

@testable import AtomicsServer
@testable import HTTP1Session

@Suite struct HTTPExchangeTests {
  @Test("an idle connection owns no buffers, and goes on")
  func idle() throws {
    try Faces.use { faces in
      let exchange = HTTPExchange(
        HTTP1Session(), faces.context, WallClock(), Peer(user: 0, mapsArena: false), faces.hub
      ) {}
      let request = Array("GET /v1/capabilities HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
      for _ in 0..<2 {
        var output = OutputBuffer()
        let progress = exchange.process(request.span, into: &output, endOfInput: false)
        #expect(progress.consumed == request.count && output.count > 1000)
        #expect(exchange.session.core.output.capacity > 1000)
        exchange.releaseIdleMemory()
        #expect(exchange.session.core.output.capacity == 0)
      }
    }
  }
}
