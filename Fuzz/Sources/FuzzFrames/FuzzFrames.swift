// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import WireProtocol

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Safety: libFuzzer keeps `count` bytes at `start` for the length of the call.
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Every decoder of the binary protocol on the same bytes: an opening, or a header and its body.
/// What one decodes must survive being encoded and decoded again.
private func fuzz(_ bytes: [UInt8]) {
  if let (hello, _) = try? Hello.decode(bytes.span) {
    let again = try? Hello.decode(hello.bytes.span)
    precondition(again?.0 == hello, "HELLO changes on its way")
  }
  _ = try? Welcome.decode(bytes.span)
  guard bytes.count >= FrameHeader.byteCount else { return }
  let header = FrameHeader(bytes.span.littleEndian64(at: 0), bytes.span.littleEndian64(at: 8))
  precondition(
    header.first == bytes.span.littleEndian64(at: 0)
      && header.second == bytes.span.littleEndian64(at: 8), "a header changes on its way")
  let body = Array(bytes.dropFirst(FrameHeader.byteCount))
  fuzzRequests(header, body)
  fuzzReplies(header, body)
}

private func fuzzRequests(_ header: FrameHeader, _ body: [UInt8]) {
  var operands = body
  if let block = try? NameBlock(body.span) {
    precondition(block.byteCount <= body.count, "a name block longer than its body")
    if let create = try? CreateFrame(header: header, body: body.span, block: block) {
      let frame = create.frame(sequence: header.sequence)
      let body = Array(frame.dropFirst(FrameHeader.byteCount))
      let block = try? NameBlock(body.span)
      let again = block.flatMap {
        try? CreateFrame(header: header, body: body.span, block: $0)
      }
      precondition(again == create, "CREATE changes on its way")
    }
    if header.flags & FrameFlag.name != 0 { operands = Array(body.dropFirst(block.byteCount)) }
  }
  if let list = try? ListFrame(body: body.span) {
    let frame = list.frame(sequence: header.sequence).dropFirst(FrameHeader.byteCount)
    precondition((try? ListFrame(body: Array(frame).span)) == list, "LIST changes on its way")
  }
  if let part = try? DeleteOwnedFrame(body: body.span) {
    let frame = part.frame(sequence: header.sequence).dropFirst(FrameHeader.byteCount)
    precondition(
      (try? DeleteOwnedFrame(body: Array(frame).span)) == part, "DELETE_OWNED changes on its way")
  }
  fuzzBatch(body)
  fuzzRuns(body)
  guard let operation = AtomicOperation(rawValue: header.opcode) else { return }
  for type in RegisterType.all {
    guard
      let (request, returns) = try? OperationFrame.decode(
        operation, header: header, operands: operands.span, type: type)
    else { continue }
    let frame = OperationFrame.encode(
      request, type: type, returns: returns, handle: header.handleOrAuxiliary,
      sequence: header.sequence)
    let again = try? OperationFrame.decode(
      operation, header: FrameHeader(frame.words[0], frame.words[1]),
      operands: Array(frame.bytes.dropFirst(FrameHeader.byteCount)).span, type: type)
    precondition(again?.returns == returns, "the return bits change on their way")
    precondition(again?.request == request, "a request changes on its way")
    perform(request, on: type, from: body)
  }
}

/// A batch that is one can be gone through, frame by frame, to its end.
private func fuzzBatch(_ body: [UInt8]) {
  guard (try? BatchFrame.check(body.span, limit: 64)) != nil else { return }
  var (offset, count) = (0, 0)
  while offset < body.count {
    let header = FrameHeader(
      body.span.littleEndian64(at: offset), body.span.littleEndian64(at: offset + 8))
    precondition(AtomicOperation(rawValue: header.opcode) != nil, "a batch of something else")
    offset += FrameHeader.byteCount + Int(header.bodyByteCount)
    count += 1
  }
  precondition(offset == body.count && count <= 64, "a batch that does not end where it ends")
}

/// Frames that run as one leave and answer what each of them by itself would.
private func fuzzRuns(_ bytes: [UInt8]) {
  guard bytes.count >= 2 * FrameHeader.byteCount else { return }
  for type in RegisterType.all {
    guard
      let run = OperationRun(bytes.span, at: 0, on: type, atMost: 64, replyBytes: .max)
    else { continue }
    let found = UInt128(bytes.span.littleEndian64(at: 8)) & type.width.mask
    var words: [UInt64] = []
    var replies = run.replies(bytes.span, found: found)
    while let reply = replies?.next(bytes.span) {
      for case let word? in [reply.first, reply.second, reply.value, reply.high] {
        words.append(word)
      }
    }
    var (value, expected, offset) = (found, [UInt64](), 0)
    for _ in 0..<run.count {
      let header = FrameHeader(
        bytes.span.littleEndian64(at: offset), bytes.span.littleEndian64(at: offset + 8))
      let start = offset + FrameHeader.byteCount
      offset = start + Int(header.bodyByteCount)
      guard let operation = AtomicOperation(rawValue: header.opcode),
        let (request, returns) = try? OperationFrame.decode(
          operation, header: header, operands: bytes.span.extracting(start..<offset), type: type)
      else { preconditionFailure("a frame of a run that is none by itself") }
      let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
      defer { unsafe memory.deallocate() }
      // Safety: the memory is aligned, and lives until the turn ends.
      let cell = unsafe AtomicCell(at: memory, type: type)
      cell.store(value)
      let outcome = cell.perform(request)
      value = outcome.new
      if header.flags & FrameFlag.quiet != 0 { continue }
      let reply = OperationFrame.reply(to: header, request, outcome, returns: returns, type: type)
      for index in 0..<reply.count { expected.append(reply.words[index]) }
    }
    precondition(offset == run.end && words == expected, "a run answers otherwise")
    // Safety: as above.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
    defer { unsafe memory.deallocate() }
    let cell = unsafe AtomicCell(at: memory, type: type)
    cell.store(found)
    _ = cell.perform(run.request)
    precondition(cell.load() == value, "a run leaves another value")
  }
}

/// What was decoded runs, whatever it is and whatever lies in memory, and its reply is made.
private func perform(_ request: AtomicRequest, on type: RegisterType, from body: [UInt8]) {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
  defer { unsafe memory.deallocate() }
  for index in 0..<16 {
    let byte = body.isEmpty ? 0xFF : body[index % body.count]
    unsafe memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
  }
  // Safety: the memory is aligned, and lives until the function returns.
  let cell = unsafe AtomicCell(at: memory, type: type)
  let outcome = cell.perform(request)
  precondition(outcome.succeeded || outcome.new == outcome.old, "declined, and yet changed")
  precondition(
    request.operation.isBitOperation || cell.load() == outcome.new, "another value was left")
}

private func fuzzReplies(_ header: FrameHeader, _ body: [UInt8]) {
  for type in RegisterType.all {
    _ = try? OperationFrame.value(ofReply: header, body: body.span, type: type)
  }
  _ = try? ControlFrame.readOpened(header: header, body: body.span)
  if let reply = try? ListReply(header: header, body: body.span) {
    precondition(reply.entries.count <= body.count / 24, "more entries than bytes for them")
  }
  if let stat = try? StatReply(header: header, body: body.span) {
    let frame = stat.frame(answering: header)
    let again = FrameHeader(frame.span.littleEndian64(at: 0), frame.span.littleEndian64(at: 8))
    let bytes = Array(frame.dropFirst(FrameHeader.byteCount))
    precondition((try? StatReply(header: again, body: bytes.span)) == stat, "STAT changes")
  }
  if let reply = try? DeleteOwnedReply(body: body.span) {
    let frame = reply.frame(answering: header).dropFirst(FrameHeader.byteCount)
    precondition((try? DeleteOwnedReply(body: Array(frame).span)) == reply, "a count changes")
  }
  fuzzArenaReport(header, body)
  if let status = Status(rawValue: header.orderOrStatus) {
    _ = WireFailure(status: status, body: body.span).frame(answering: header)
  }
}

/// A report that was read may be more than a server would send: what is left is counted.
private func fuzzArenaReport(_ header: FrameHeader, _ body: [UInt8]) {
  guard let report = try? ArenaStatReply(header: header, body: body.span) else { return }
  precondition(report.attachments.count <= body.count / 24, "more attachments than bytes for them")
  let frame = report.frame(answering: header, atMost: 4096)
  precondition(frame.count <= 4096, "a frame beyond its bound")
  let again = FrameHeader(frame.span.littleEndian64(at: 0), frame.span.littleEndian64(at: 8))
  let bytes = Array(frame.dropFirst(FrameHeader.byteCount))
  guard let read = try? ArenaStatReply(header: again, body: bytes.span) else {
    preconditionFailure("a report cannot be read again")
  }
  precondition(
    read.attachments.map(\.lockByte)
      == report.attachments.prefix(read.attachments.count).map(\.lockByte)
      && read.capacity == report.capacity && read.valuesBytes == report.valuesBytes
      && read.damage?.count == report.damage?.count,
    "a report changes on its way")
}
