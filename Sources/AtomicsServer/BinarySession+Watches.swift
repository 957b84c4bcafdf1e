// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService
import WireProtocol

/// Watching: what the client wants to be told of, and how much of it.
extension BinarySession {
  func watch(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    guard header.orderOrStatus == 0, header.type == 0 else {
      throw WireFailure(.badOperand, "the order and type bytes of WATCH are 0")
    }
    let number: UInt32
    switch header.argument {
    case WatchFrame.oneRegister:
      let (register, rest) = try subject(header, body, to: .read)
      let interval = try interval(body.extracting(rest..<body.count))
      do throws(ServiceError) {
        number = try openedWaits.client.watch(
          register, key: header.sequence, interval: interval, now: Deadline.now.nanoseconds)
      } catch {
        throw WireFailure(error)
      }
    case WatchFrame.prefix:
      let block = try nameBlock(header, body)
      try requirePlain(block)
      guard block.nameByteCount <= RegisterService.nameLimit else {
        throw WireFailure(
          .badName, "no name begins like this: names have \(RegisterService.nameLimit) bytes")
      }
      let interval = try interval(body.extracting(block.byteCount..<body.count))
      do throws(ServiceError) {
        number = try openedWaits.client.watch(
          prefix: body.copy(from: block.nameOffset, count: block.nameByteCount),
          key: header.sequence, interval: interval
        ) { [weak self] name in self?.mayRead(name) ?? false }
      } catch {
        throw WireFailure(error)
      }
    default:
      throw WireFailure(.badOperand, "WATCH's argument is 0, one register, or 1, a prefix")
    }
    return WatchFrame.answer(to: header, watch: number)
  }

  private func interval(_ body: Span<UInt8>) throws(WireFailure) -> UInt64 {
    UInt64(try WatchFrame.intervalMilliseconds(of: body)) * 1_000_000
  }

  func unwatch(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    try requireNoFlags(header)
    try requireNoVariant(header)
    try requireEmpty(body)
    guard let waits, waits.client.unwatch(header.handleOrAuxiliary) else {
      throw WireFailure(.notFound, "this connection has no watch \(header.handleOrAuxiliary)")
    }
    return ControlFrame.done(answering: header)
  }

  func credit(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) {
    try requirePlainHeader(header)
    let events = try CreditFrame(body: body).events
    // Before the first watch, too.
    openedWaits.addCredits(events)
  }
}
