// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation
import TestSupport
import Testing

/// The vector file against typed registers, by the map and by a server.
@Suite(.timeLimit(.minutes(5))) struct TypedRegisterVectorTests {
  @Test("every name in the operation table, and every modifier, has a method on both faces")
  func coversTheTable() {
    let integers = [
      Set(Register<UInt32>.integerOperations.keys),
      Set(BlockingRegister<UInt32>.integerOperations.keys),
    ]
    let methods: [AtomicKind: [Set<String>]] = [
      .unsigned: integers, .signed: integers,
      .bytes: [
        Set(Register<InlineArray<4, UInt8>>.byteOperations.keys),
        Set(BlockingRegister<InlineArray<4, UInt8>>.byteOperations.keys),
      ],
      .float: [
        Set(Register<Double>.floatOperations.keys),
        Set(BlockingRegister<Double>.floatOperations.keys),
      ],
    ]
    for kind in AtomicKind.allCases {
      let names = OperationName.all.filter { $0.operation.exists(on: kind) }.map(\.name)
      let modified = OperationRow.all.filter {
        $0.modifier != .none && $0.kinds.contains(kind) && $0.modifier.exists(on: kind)
      }.map { "\($0.name)+\($0.modifier)" }
      #expect(methods[kind]?.count == 2)
      for face in methods[kind] ?? [] { #expect(face == Set(names + modified), "\(kind)") }
    }
  }

  @Test("each method does what the vectors of its name say", arguments: Transport.allCases)
  func asynchronous(transport: Transport) async throws {
    try await withServer { server in
      let client = try await RegisterClient.connect(to: transport.address(of: server))
      let checked = try await withThrowingTaskGroup(of: Int.self) { group in
        // Each type has its register, so they go on side by side.
        for type in integers { group.addTask { try await run(integer: type, on: client) } }
        for type in floats { group.addTask { try await run(float: type, on: client) } }
        for type in byteStrings { group.addTask { try await run(bytes: type, on: client) } }
        return try await group.reduce(0, +)
      }
      // Two types of Swift are 64 bits wide.
      #expect(checked > usual.count)
    }
  }

  @Test("each blocking method does the same", arguments: Transport.allCases)
  func blocking(transport: Transport) throws {
    try withServer { server in
      let client = try BlockingClient(transport.address(of: server))
      var checked = 0
      for type in integers { checked += try run(blockingInteger: type, on: client) }
      for type in floats { checked += try run(blockingFloat: type, on: client) }
      for type in byteStrings { checked += try run(blockingBytes: type, on: client) }
      #expect(checked > usual.count)
    }
  }
}

/// Where the registers are.
enum Transport: CaseIterable {
  case map
  case unix

  func address(of server: TestServer) -> ServerAddress {
    switch self {
    case .map: .map(path: server.arenaPath)
    case .unix: .unix(path: server.socketPath)
    }
  }
}

private let integers: [any AtomicInteger.Type] = [
  UInt8.self, UInt16.self, UInt32.self, UInt64.self, UInt.self, UInt128.self,
  Int8.self, Int16.self, Int32.self, Int64.self, Int.self, Int128.self,
]
private let floats: [any AtomicFloatingPoint.Type] = [Float.self, Double.self]
private let byteStrings: [any AtomicByteString.Type] = [
  InlineArray<1, UInt8>.self, InlineArray<2, UInt8>.self, InlineArray<4, UInt8>.self,
  InlineArray<8, UInt8>.self, InlineArray<16, UInt8>.self,
]
/// Every vector in a long run; else two of each method, type and outcome: the methods hand on what
/// others compute.
private let usual: [Vector] = {
  if RunLength.isLong { return Vectors.accepted }
  var counts: [String: Int] = [:]
  return Vectors.accepted.filter {
    let key = "\($0.method) \($0.type) \($0.success ?? true)"
    counts[key, default: 0] += 1
    return counts[key, default: 0] <= 2
  }
}()
private let vectors = Dictionary(grouping: usual, by: \.registerType)

private func run<Value: AtomicInteger>(
  integer _: Value.Type, on client: RegisterClient
) async throws -> Int {
  try await run(Register<Value>.integerOperations, on: client)
}

private func run<Value: AtomicFloatingPoint>(
  float _: Value.Type, on client: RegisterClient
) async throws -> Int {
  try await run(Register<Value>.floatOperations, on: client)
}

private func run<Value: AtomicByteString>(
  bytes _: Value.Type, on client: RegisterClient
) async throws -> Int {
  try await run(Register<Value>.byteOperations, on: client)
}

private func run<Value: AtomicValue>(
  _ operations: [String: VectorOperation<Value>], on client: RegisterClient
) async throws -> Int {
  let type = Value.registerType
  let register = try await client.register(named: "typed-\(Value.self)".name, as: Value.self)
  for vector in vectors[type] ?? [] {
    let operation = try #require(operations[vector.method], "\(vector)")
    try await register.store(vector.value(vector.initial))
    let finding = try await operation(register, vector)
    let final = try await register.load()
    #expect(finding.agrees(with: vector.outcome), "\(vector): \(finding)")
    #expect(final.atomicBits == vector.bits(vector.final), "\(vector)")
  }
  return vectors[type]?.count ?? 0
}

private func run<Value: AtomicInteger>(
  blockingInteger _: Value.Type, on client: BlockingClient
) throws -> Int {
  try run(BlockingRegister<Value>.integerOperations, on: client)
}

private func run<Value: AtomicFloatingPoint>(
  blockingFloat _: Value.Type, on client: BlockingClient
) throws -> Int {
  try run(BlockingRegister<Value>.floatOperations, on: client)
}

private func run<Value: AtomicByteString>(
  blockingBytes _: Value.Type, on client: BlockingClient
) throws -> Int {
  try run(BlockingRegister<Value>.byteOperations, on: client)
}

private func run<Value: AtomicValue>(
  _ operations: [String: BlockingVectorOperation<Value>], on client: BlockingClient
) throws -> Int {
  let type = Value.registerType
  let register = try client.register(named: "typed-\(Value.self)".name, as: Value.self)
  for vector in vectors[type] ?? [] {
    let operation = try #require(operations[vector.method], "\(vector)")
    try register.store(vector.value(vector.initial))
    let finding = try operation(register, vector)
    let final = try register.load()
    #expect(finding.agrees(with: vector.outcome), "\(vector): \(finding)")
    #expect(final.atomicBits == vector.bits(vector.final), "\(vector)")
  }
  return vectors[type]?.count ?? 0
}

extension String {
  /// What of this may stand in a register's name.
  fileprivate var name: String {
    filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }
}
