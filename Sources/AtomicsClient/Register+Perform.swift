// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

// What the operations of a typed register are made of. One that returns nothing asks the server for
// nothing: its reply is shorter.

extension Register {
  private func perform(
    _ request: TypedRequest<Value>, returns: ReturnMode = .old
  ) async throws(ClientError) -> AtomicOutcome {
    try await client.perform(
      try request.checked(for: name), on: reference, returns: returns, timeout: timeout)
  }

  func apply(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) async throws(ClientError) {
    _ = try await perform(TypedRequest(operation, operand, order), returns: .nothing)
  }

  func old(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) async throws(ClientError) -> Value {
    try await old(TypedRequest(operation, operand, order))
  }

  func old(_ request: TypedRequest<Value>) async throws(ClientError) -> Value {
    Value(atomicBits: try await perform(request).old)
  }

  func new(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) async throws(ClientError) -> Value {
    Value(atomicBits: try await perform(TypedRequest(operation, operand, order)).new)
  }

  func result(
    _ request: TypedRequest<Value>
  ) async throws(ClientError) -> CompareExchangeResult<Value> {
    CompareExchangeResult(try await perform(request))
  }

  func bit(
    _ operation: AtomicOperation, _ index: Int, _ order: MemoryOrder
  ) async throws(ClientError) -> Bool {
    try await perform(.bit(operation, index, order)).old != 0
  }
}
