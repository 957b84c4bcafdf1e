// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// Operations with flags, and those that stand next to each other: kept out of the inlined path.
extension BinarySession {
  /// An operation that is quiet, has bounds, or names its register.
  @inline(never) @discardableResult
  func performFlagged(
    _ operation: AtomicOperation, _ header: FrameHeader, _ body: Span<UInt8>,
    into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> Status {
    let isNamed = header.flags & FrameFlag.name != 0
    budget.spend(isNamed ? ExecutionBudget.byName : ExecutionBudget.operation)
    guard header.flags & ~(FrameFlag.quiet | FrameFlag.name | FrameFlag.bounds) == 0 else {
      throw WireFailure(
        .unsupported,
        "flags \(header.flags): QUIET (1), NAME (2) and BOUNDS (64) are those of operations")
    }
    let isQuiet = header.flags & FrameFlag.quiet != 0
    guard !isQuiet || header.orderOrStatus >> 6 == 0 else {
      throw WireFailure(.badOperand, "a quiet operation has return bits 0: nothing is sent back")
    }
    guard isNamed else {
      return try perform(
        operation, header, operands: body,
        on: try register(header.handleOrAuxiliary, to: Rights(for: operation)), isQuiet: isQuiet,
        into: &output)
    }
    let block = try nameBlock(ofNamed: header, body)
    try require(Rights(for: operation), on: block, body)
    let operands = body.extracting(block.byteCount..<body.count)
    let found = try findOrMake(block, operation, header, operands, body, &budget)
    return try perform(
      operation, header, operands: operands, on: found.register, created: found.created,
      isQuiet: isQuiet, into: &output)
  }

  /// The register that an operation names; with policy 1 it is made where it is missing, once
  /// nothing else about the operation is wrong.
  private func findOrMake(
    _ block: NameBlock, _ operation: AtomicOperation, _ header: FrameHeader,
    _ operands: Span<UInt8>, _ body: Span<UInt8>, _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> (register: RegisterReference, created: Bool) {
    switch block.policy {
    case .mustExist: return (try find(block, body), false)
    case .createOrConfirm: break
    case .createExclusively:
      throw WireFailure(
        .badOperand, "an operation's policy is 0 (must exist) or 1 (create or confirm)")
    }
    guard let type = RegisterType(code: header.type & FrameHeader.typeMask) else {
      throw WireFailure(
        .badOperand, "with policy 1 the type byte is a register's type, not \(header.type)")
    }
    do throws(WireFailure) {
      return (try find(block, body), false)
    } catch {
      guard error.status == .notFound else { throw error }
    }
    _ = try OperationFrame.decode(operation, header: header, operands: operands, type: type)
    try require(.create, on: block, body)
    budget.spend(ExecutionBudget.create)
    return try make(
      RegisterDefinition(name: block.name(in: body), type: type, ownerUser: user),
      exclusively: false)
  }

  /// The most frames that run as one: what their replies can pass the bound of the output by.
  static let longestRun = 128

  /// Runs the frame at `offset` and those behind it as one operation, where nobody can tell.
  ///
  /// - Parameters:
  ///   - limit: How many frames at most.
  ///   - room: No frame is taken once the replies have so many bytes.
  /// - Returns: How many frames were answered, and where they end; nil: this one is to run alone.
  @inline(never)
  func runTogether(
    _ header: FrameHeader, in input: Span<UInt8>, at offset: Int, atMost limit: Int = longestRun,
    replyBytes room: Int, into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> (count: Int, end: Int)? {
    let handle = Int(header.handleOrAuxiliary)
    guard handle < handles.count else { return nil }
    let opened = handles[handle]
    guard let register = opened.reference, !register.isLimited,
      // Else the first of them finds out alone.
      !opened.grant.lacks(.operate, comparedWith: present),
      let run = OperationRun(
        input, at: offset, on: register.type,
        atMost: min(limit, Self.longestRun, budget.remaining),
        replyBytes: room)
    else { return nil }
    budget.spend(run.count &* ExecutionBudget.operation)
    do throws(ServiceError) {
      let outcome = try service.perform(run.request, on: register)
      var replies = run.replies(input, found: outcome.old)
      while let reply = replies?.next(input) { output.append(reply) }
    } catch {
      let failure = WireFailure(error)
      run.forEachHeader(input) { output.append(contentsOf: failure.frame(answering: $0)) }
      budget.spend(run.count &* ExecutionBudget.byName)
    }
    return (run.count, run.end)
  }
}

extension OutputBuffer {
  @inline(__always)
  mutating func append(_ reply: ReplyWords) {
    guard let value = reply.value else { return append(words: reply.first, reply.second) }
    append(words: reply.first, reply.second, value)
    if let high = reply.high { append(word: high) }
  }
}
