// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation
import RegisterService
import SharedArena
import TestSupport
import Testing

/// Each legal (operation, order, failure order) arrives at its instruction as it was asked, from
/// every face. The probe sees the whole process, so each test has a process of its own; the servers
/// are in it, the command line is a child.
#if DEBUG
  @Suite struct OrderFidelityTests {
    @Test("the run-time face performs what it was asked")
    func runTimeFace() async {
      await #expect(processExitsWith: .success) {
        try expectFidelity { ask in
          let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
          defer { unsafe memory.deallocate() }
          unsafe memory.storeBytes(of: 0, as: UInt128.self)
          // Safety: the memory is aligned and outlives the cell.
          _ = unsafe AtomicCell(at: memory, type: ask.type).perform(try ask.request())
        }
      }
    }

    @Test("the service performs what it was asked")
    func service() async {
      await #expect(processExitsWith: .success) {
        try withTemporaryArena { arena in
          let service = RegisterService(arena: arena)
          let registers = try Ask.onEachType { type in
            try service.create(RegisterDefinition(name: type.name, type: type, ownerUser: 0))
              .register
          }
          try expectFidelity { ask in
            _ = try service.perform(ask.request(), on: try #require(registers[ask.type]))
          }
        }
      }
    }

    @Test("the map performs what it was asked")
    func map() async {
      await #expect(processExitsWith: .success) {
        try withTemporaryArenaPath { path in
          let client = try BlockingClient(try ServerAddress("shm:\(path)"))
          let registers = try Ask.onEachType { try client.create($0.name, $0).register }
          try expectFidelity { ask in
            _ = try client.perform(try ask.request(), on: try #require(registers[ask.type]))
          }
        }
      }
    }

    @Test("the binary protocol performs what it was asked, over TCP and Unix sockets")
    func binary() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          for address in ["atr://\(server.address)", "unix:\(server.socketPath)"] {
            let client = try BlockingClient(try ServerAddress(address))
            let registers = try Ask.onEachType { try client.create($0.name, $0).register }
            try expectFidelity { ask in
              _ = try client.perform(try ask.request(), on: try #require(registers[ask.type]))
            }
          }
        }
      }
    }

    @Test("HTTP/2 performs what it was asked")
    func http2() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          let client = try BlockingClient(try ServerAddress("http://\(server.address)"))
          let registers = try Ask.onEachType { try client.create($0.name, $0).register }
          try expectFidelity { ask in
            _ = try client.perform(try ask.request(), on: try #require(registers[ask.type]))
          }
        }
      }
    }

    @Test("HTTP/1.1 performs what it was asked")
    func http1() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          let connection = try PlainHTTP(server)
          for type in Ask.types {
            let created = try connection.put(
              "/v1/registers/\(type.name)", #"{"type":"\#(type.name)"}"#)
            #expect(created == 201)
          }
          try expectFidelity { ask in
            let status = try connection.post(
              "/v1/registers/\(ask.type.name)/\(ask.name)", ask.json)
            #expect(status == 200)
          }
        }
      }
    }

    @Test("the command line asks the server for what it was asked")
    func commandLine() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          for type in Ask.types {
            let create = ["create", type.name, type.name, "--server", "atr://\(server.address)"]
            let created = try CommandLineTool.run(create).status
            #expect(created == 0)
          }
          try expectFidelity { ask in
            let status = try CommandLineTool.run(
              ask.arguments + ["--server", "atr://\(server.address)"]
            ).status
            // 1: a compare-exchange that did not match.
            // A condition that did not hold, too.
            #expect(status == 0 || ask.operation.takesFailureOrder && status == 1)
          }
        }
      }
    }
  }

  /// One legal (operation, order, failure order), with operands that fit 32 bits.
  struct Ask {
    /// The types of the registers, which also name them: what is not on the one is on the other.
    static let types = [RegisterType(name: "i32")!, RegisterType(name: "bytes4")!]
    var type: RegisterType { Self.types[operation.isByteComparison ? 1 : 0] }
    let operation: AtomicOperation
    let order: MemoryOrder
    /// Nil: left out, and so derived.
    let failureOrder: MemoryOrder?
    var modifier: OperationModifier? = nil

    static let all: [Ask] = AtomicOperation.allCases.flatMap { operation in
      MemoryOrder.allCases.filter { operation.orders.permits($0) }.flatMap { order in
        var asks = [Ask(operation: operation, order: order, failureOrder: nil)]
        if operation.takesFailureOrder {
          asks += MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: order) }
            .map { Ask(operation: operation, order: order, failureOrder: $0) }
        }
        return asks
          + modifiers(of: operation).map {
            Ask(operation: operation, order: order, failureOrder: nil, modifier: $0)
          }
      }
    }

    /// Modifiers under which the operation is applied, and whose every part is another.
    private static func modifiers(of operation: AtomicOperation) -> [OperationModifier] {
      switch operation.modifier {
      case .none: []
      case .mask: [.mask(0x0F0F)]
      case .relation: [.relation(.less), .relation(.notEqual)]
      case .overflow:
        [
          .overflow(.saturate), .overflow(.saturate, least: 0xFFFF_0000, greatest: 0x7000_0000),
          .overflow(.fail, least: 0x8000_0001, greatest: 0x7000_0001),
        ]
      }
    }

    /// What `make` gives for each of the types.
    static func onEachType<Register>(_ make: (RegisterType) throws -> Register) throws
      -> [RegisterType: Register]
    {
      Dictionary(uniqueKeysWithValues: try types.map { ($0, try make($0)) })
    }

    var name: String { operation.row.name }

    func request() throws -> AtomicRequest {
      let takesOperand = operation.operands != .none && operation.operands != .index
      let expected: UInt128 = operation.isCompareExchange || operation == .addUnless ? 7 : 0
      if let modifier {
        return try AtomicRequest(
          operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
          operand: takesOperand ? 5 : 0, expected: expected)
      }
      return try AtomicRequest(
        operation, on: type, order: order, failureOrder: failureOrder,
        operand: takesOperand ? 5 : 0, expected: expected,
        index: operation.isBitOperation ? 3 : 0)
    }

    /// The modifier by the names that HTTP and the command line share.
    private var modifierWords: [(name: String, value: String)] {
      switch modifier {
      case nil: return []
      case .mask(let mask): return [("mask", "\(mask)")]
      case .relation(let relation): return [("relation", relation.name)]
      case .overflow(let policy, let least, let greatest):
        var words = [("overflow", policy.name)]
        if let least { words.append(("min", type.format(least))) }
        if let greatest { words.append(("max", type.format(greatest))) }
        return words
      }
    }

    /// The members of the operation's HTTP request.
    var json: String {
      var members = ["\"order\":\"\(order.name)\""]
      if let failureOrder { members.append("\"failure_order\":\"\(failureOrder.name)\"") }
      switch operation.operands {
      case .none: break
      case .operand: members.append("\"operand\":\"\(type.format(5))\"")
      case .expectedAndDesired: members += ["\"expected\":\"7\"", "\"desired\":\"5\""]
      case .operandAndUnless: members += ["\"unless\":\"7\"", "\"operand\":\"5\""]
      case .index: members.append("\"index\":3")
      }
      members += modifierWords.map { "\"\($0.name)\":\"\($0.value)\"" }
      return "{\(members.joined(separator: ","))}"
    }

    /// The command line's words.
    var arguments: [String] {
      var words = [name, type.name]
      switch operation.operands {
      case .none: break
      case .operand: words.append(type.format(5))
      case .expectedAndDesired: words += ["7", "5"]
      case .operandAndUnless: words += ["5", "7"]
      case .index: words.append("3")
      }
      for (name, value) in modifierWords { words += ["--\(name)", value] }
      words += ["--order", order.name]
      if let failureOrder { words += ["--failure-order", failureOrder.name] }
      return words
    }
  }

  /// Asks everything that is legal through `perform`, and compares what the core saw.
  func expectFidelity(_ perform: (Ask) throws -> Void) throws {
    OperationProbe.start()
    for ask in Ask.all {
      _ = OperationProbe.take()
      try perform(ask)
      let expected = try ask.request()
      #expect(OperationProbe.take() == [expected])
    }
  }
#endif
