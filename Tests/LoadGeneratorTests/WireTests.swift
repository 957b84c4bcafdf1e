// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import TestSupport
import Testing
import WireProtocol

@testable import LoadGenerator

@Suite struct WireTests {
  private func bytes(_ output: borrowing OutputBuffer) -> [UInt8] {
    output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  /// Sets a wire up with answers made by hand, one for each OPEN.
  private func settled(_ plan: LoadPlan) throws -> FrameWire {
    let target = try LoadTarget("atr://127.0.0.1:1")
    let sequence = RequestSequence(
      plan, connection: 0, of: 1, sampler: RankSampler(count: plan.names.count, .uniform))
    var wire = FrameWire(target, plan, sequence)
    var output = OutputBuffer()
    wire.begin(into: &output)
    #expect(!wire.isSettled)
    let welcome = Welcome(
      maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 4, serverName: "x", opcodes: [],
      types: [], lockFreeWidths: [], arenaUUID: 1)
    output.removeAll()
    #expect(try wire.settle(welcome.bytes.span, into: &output) == welcome.bytes.count)
    var opened = 0
    while !wire.isSettled {
      let asked = bytes(output)
      output.removeAll()
      var offset = 0
      var count = 0
      while offset < asked.count {
        let header = FrameHeader(
          asked.span.littleEndian64(at: offset), asked.span.littleEndian64(at: offset + 8))
        #expect(header.opcode == Opcode.open.rawValue)
        // The handle tells the name: 100 for the first, and on.
        let answer = ControlFrame.opened(
          answering: header, handle: UInt32(100 + opened), type: .u64, generation: 1, slot: 0,
          created: true)
        #expect(try wire.settle(answer.span, into: &output) == answer.count)
        offset += 16 + Int(header.bodyByteCount)
        opened += 1
        count += 1
      }
      #expect(count > 0 && count <= 4, "the server's limit holds")
      if count == 0 { break }
    }
    #expect(opened == plan.names.count)
    return wire
  }

  private func plan(names: Int, depth: Int, byName: Bool = false, mix: String = "inc_fetch")
    throws -> LoadPlan
  {
    LoadPlan(
      targets: [], connections: 1, depth: depth,
      names: LoadNames(count: names, isByName: byName), mix: try OperationMix(mix))
  }

  @Test("a batch is the operation's frame, by handle, so many times")
  func batch() throws {
    var wire = try settled(plan(names: 1, depth: 3, mix: "fetch_add"))
    var output = OutputBuffer()
    wire.append(3, to: &output)
    let request = try AtomicRequest(.add, on: .u64, operand: 1)
    let expected = (0..<3).flatMap {
      OperationFrame.encode(
        request, type: .u64, returns: .old, handle: 100, sequence: UInt32($0)
      ).bytes
    }
    #expect(bytes(output) == expected)
  }

  @Test("requests go to the handles of the names that were drawn")
  func handles() throws {
    let plan = try plan(names: 10, depth: 1)
    var wire = try settled(plan)
    let drawn = RequestSequence(
      plan, connection: 0, of: 1, sampler: RankSampler(count: 10, .uniform))
    var output = OutputBuffer()
    wire.append(50, to: &output)
    let sent = bytes(output)
    for index in 0..<50 {
      let second = sent.span.littleEndian64(at: 16 * index + 8)
      // The share of the only connection is all names, in order.
      #expect(UInt32(second >> 32) == UInt32(100 + drawn.requests[index].name))
    }
  }

  @Test("by name, every frame carries its name")
  func byName() throws {
    let plan = try plan(names: 10, depth: 1, byName: true)
    var wire = try settled(plan)
    let drawn = RequestSequence(
      plan, connection: 0, of: 1, sampler: RankSampler(count: 10, .uniform))
    var output = OutputBuffer()
    wire.append(2, to: &output)
    let request = try AtomicRequest(.increment, on: .u64)
    let expected = (0..<2).flatMap {
      OperationFrame.encode(
        request, type: .u64, returns: .new, name: plan.names.name(at: drawn.requests[$0].name),
        sequence: UInt32($0))
    }
    #expect(bytes(output) == expected)
  }

  @Test("cleaning deletes what was made")
  func cleans() throws {
    var wire = try settled(plan(names: 3, depth: 1))
    var output = OutputBuffer()
    wire.beginCleaning(into: &output)
    #expect(!wire.isSettled)
    let expected = (0..<3).flatMap {
      ControlFrame.request(.delete, name: "bench/00000\($0)", sequence: UInt32($0 + 1))
    }
    #expect(bytes(output) == expected)
  }

  @Test("a register of another type is refused")
  func refusesTypes() throws {
    let plan = try plan(names: 1, depth: 1)
    var wire = FrameWire(
      try LoadTarget("atr://127.0.0.1:1"), plan,
      RequestSequence(plan, connection: 0, of: 1, sampler: RankSampler(count: 1, .uniform)))
    let welcome = Welcome(
      maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 0, serverName: "x", opcodes: [],
      types: [], lockFreeWidths: [], arenaUUID: 1)
    var output = OutputBuffer()
    _ = try wire.settle(welcome.bytes.span, into: &output)
    let answer = ControlFrame.opened(
      answering: FrameHeader(opcode: Opcode.open.rawValue, sequence: 1), handle: 0,
      type: RegisterType.all[0], generation: 1, slot: 0, created: false)
    let error = #expect(throws: ClientError.self) {
      try wire.settle(answer.span, into: &output)
    }
    #expect(error?.description.contains("bench is a u8") == true)
  }

  @Test("operations have their nearest commands elsewhere")
  func commands() {
    #expect(RedisDialect.request(.load, "k") == "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
    #expect(RedisDialect.request(.store, "k") == "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\n")
    #expect(RedisDialect.request(.add, "k") == "*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n")
    #expect(MemcachedDialect.request(.load, "k") == "get k\r\n")
    #expect(MemcachedDialect.request(.store, "k") == "set k 0 0 1\r\n1\r\n")
    #expect(MemcachedDialect.request(.increment, "k") == "incr k 1\r\n")
  }
}
