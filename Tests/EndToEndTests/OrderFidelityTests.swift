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
          let made = try service.create(
            RegisterDefinition(name: "r", type: Ask.type, ownerUser: 0))
          try expectFidelity { ask in _ = service.perform(try ask.request(), on: made.register) }
        }
      }
    }

    @Test("the map performs what it was asked")
    func map() async {
      await #expect(processExitsWith: .success) {
        try withTemporaryArenaPath { path in
          let client = try BlockingClient(try ServerAddress("shm:\(path)"))
          let register = try client.create("r", Ask.type).register
          try expectFidelity { ask in _ = try client.perform(try ask.request(), on: register) }
        }
      }
    }

    @Test("the binary protocol performs what it was asked, over TCP and Unix sockets")
    func binary() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          for address in ["atr://\(server.address)", "unix:\(server.socketPath)"] {
            let client = try BlockingClient(try ServerAddress(address))
            let register = try client.create("r", Ask.type).register
            try expectFidelity { ask in _ = try client.perform(try ask.request(), on: register) }
          }
        }
      }
    }

    @Test("HTTP/2 performs what it was asked")
    func http2() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          let client = try BlockingClient(try ServerAddress("http://\(server.address)"))
          let register = try client.create("r", Ask.type).register
          try expectFidelity { ask in _ = try client.perform(try ask.request(), on: register) }
        }
      }
    }

    @Test("HTTP/1.1 performs what it was asked")
    func http1() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          let connection = try PlainHTTP(server)
          let created = try connection.put("/v1/registers/r", #"{"type":"i32"}"#)
          #expect(created == 201)
          try expectFidelity { ask in
            let status = try connection.post("/v1/registers/r/\(ask.name)", ask.json)
            #expect(status == 200)
          }
        }
      }
    }

    @Test("the command line asks the server for what it was asked")
    func commandLine() async {
      await #expect(processExitsWith: .success) {
        try withServer { server in
          let create = ["create", "r", "i32", "--server", "atr://\(server.address)"]
          let created = try CommandLineTool.run(create).status
          #expect(created == 0)
          try expectFidelity { ask in
            let status = try CommandLineTool.run(
              ask.arguments + ["--server", "atr://\(server.address)"]
            ).status
            // 1: a compare-exchange that did not match.
            #expect(status == 0 || ask.operation.isCompareExchange && status == 1)
          }
        }
      }
    }
  }

  /// One legal (operation, order, failure order), with operands that fit a 32-bit integer.
  struct Ask {
    static let type = RegisterType(name: "i32")!
    var type: RegisterType { Self.type }
    let operation: AtomicOperation
    let order: MemoryOrder
    /// Nil: left out, and so derived.
    let failureOrder: MemoryOrder?

    static let all: [Ask] = AtomicOperation.allCases.flatMap { operation in
      MemoryOrder.allCases.filter { operation.orders.permits($0) }.flatMap { order in
        var asks = [Ask(operation: operation, order: order, failureOrder: nil)]
        if operation.isCompareExchange {
          asks += MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: order) }
            .map { Ask(operation: operation, order: order, failureOrder: $0) }
        }
        return asks
      }
    }

    var name: String { operation.row.name }

    func request() throws -> AtomicRequest {
      let takesOperand = operation.operands == .operand || operation.operands == .expectedAndDesired
      return try AtomicRequest(
        operation, on: type, order: order, failureOrder: failureOrder,
        operand: takesOperand ? 5 : 0, expected: operation.isCompareExchange ? 7 : 0,
        index: operation.isBitOperation ? 3 : 0)
    }

    /// The members of the operation's HTTP request.
    var json: String {
      var members = ["\"order\":\"\(order.name)\""]
      if let failureOrder { members.append("\"failure_order\":\"\(failureOrder.name)\"") }
      switch operation.operands {
      case .none: break
      case .operand: members.append("\"operand\":\"5\"")
      case .expectedAndDesired: members += ["\"expected\":\"7\"", "\"desired\":\"5\""]
      case .index: members.append("\"index\":3")
      }
      return "{\(members.joined(separator: ","))}"
    }

    /// The command line's words.
    var arguments: [String] {
      var words = [name, "r"]
      switch operation.operands {
      case .none: break
      case .operand: words.append("5")
      case .expectedAndDesired: words += ["7", "5"]
      case .index: words.append("3")
      }
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
