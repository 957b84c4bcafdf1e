// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

// What the operations of a typed register are made of. One that returns nothing asks the server for
// nothing: its reply is shorter.

extension BlockingRegister {
  private func perform(
    _ request: TypedRequest<Value>, returns: ReturnMode = .old
  ) throws(ClientError) -> AtomicOutcome {
    try client.perform(
      try request.checked(for: name), on: reference, returns: returns, timeout: timeout)
  }

  func apply(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) throws(ClientError) {
    _ = try perform(TypedRequest(operation, operand, order), returns: .nothing)
  }

  func old(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) throws(ClientError) -> Value {
    try old(TypedRequest(operation, operand, order))
  }

  func old(_ request: TypedRequest<Value>) throws(ClientError) -> Value {
    Value(atomicBits: try perform(request).old)
  }

  func new(
    _ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder
  ) throws(ClientError) -> Value {
    Value(atomicBits: try perform(TypedRequest(operation, operand, order)).new)
  }

  func result(
    _ request: TypedRequest<Value>
  ) throws(ClientError) -> CompareExchangeResult<Value> {
    CompareExchangeResult(try perform(request))
  }

  func bit(
    _ operation: AtomicOperation, _ index: Int, _ order: MemoryOrder
  ) throws(ClientError) -> Bool {
    try perform(.bit(operation, index, order)).old != 0
  }
}
