// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import AtomicsCore

/// The vector file against the run-time face.
@Suite struct OperationVectorTests {
  @Test("every accepted vector finds, leaves and reports what the model says")
  func accepted() throws {
    let memory = CellMemory()
    for vector in Vectors.accepted {
      let type = vector.registerType
      let size = type.width.byteCount
      // The neighbours, on both sides, show an operation that writes beyond its width.
      memory.fill(0xA5, count: 3 * size)
      let cell = memory.cell(type, at: size)
      cell.store(vector.bits(vector.initial))
      let request = try vector.request()
      var outcome = cell.perform(request)
      // Weak compare-exchange may fail by itself; it has then left the value alone.
      while request.operation == .compareExchangeWeak, !outcome.succeeded,
        request.result(of: outcome.old, on: type) != nil
      {
        outcome = cell.perform(request)
      }
      #expect(outcome == vector.outcome, "\(vector)")
      #expect(cell.load() == vector.bits(vector.final), "\(vector)")
      for byte in 0..<size {
        #expect(memory.byte(at: byte) == 0xA5, "\(vector) wrote before its cell")
        #expect(memory.byte(at: 2 * size + byte) == 0xA5, "\(vector) wrote after its cell")
      }
    }
  }

  @Test("the file covers every operation, type, order and pair of orders")
  func coverage() {
    struct Combination: Hashable {
      var operation: String
      var type: RegisterType
      var order: MemoryOrder?
      var failureOrder: MemoryOrder?
    }
    var needed: Set<Combination> = []
    for row in OperationRow.all {
      let name = row.hasFetchForms ? "fetch_\(row.name)" : row.name
      for type in RegisterType.all where row.kinds.contains(type.kind) {
        for order in MemoryOrder.allCases where row.orders.permits(order) {
          needed.insert(Combination(operation: name, type: type, order: order))
          guard row.orders == .compareExchange else { continue }
          for failure in MemoryOrder.allCases where failure.isValidFailure(forSuccess: order) {
            needed.insert(
              Combination(operation: name, type: type, order: order, failureOrder: failure))
          }
        }
      }
    }
    for vector in Vectors.accepted {
      needed.remove(
        Combination(
          operation: vector.op, type: vector.registerType, order: vector.memoryOrder,
          failureOrder: vector.failureMemoryOrder))
    }
    #expect(needed.isEmpty)
    let spelled = Set(Vectors.accepted.map(\.op))
    #expect(spelled == Set(OperationName.all.map(\.name)))
  }

  @Test("the text of every value in the file is the text that the library writes")
  func text() {
    for vector in Vectors.accepted {
      let type = vector.registerType
      let isBit = vector.operationName.operation.isBitOperation
      let texts = [
        vector.initial, vector.operand, vector.expected, vector.unless, vector.min, vector.max,
        vector.final,
      ]
      for text in texts + (isBit ? [] : [vector.old, vector.new]) {
        guard let text else { continue }
        #expect(type.format(vector.bits(text)) == text)
      }
    }
  }

  @Test("every refusal that JSON can say is refused by the core for the reason the file gives")
  func refused() throws {
    for vector in Vectors.refused {
      guard let body = vector.httpBody, let slug = vector.httpSlug else { continue }
      // Members that are missing, unknown or no number do not come as far as the core.
      if ["unknown-member", "missing-member"].contains(slug) { continue }
      #expect(slug == reason(vector, body), "\(vector) \(body)")
    }
  }

  /// The slug of what the core says about a request with the members of `body`.
  private func reason(_ vector: Vector, _ body: JSONObject) -> String {
    func text(_ member: String) -> String? {
      guard case .string(let text) = body[member] else { return nil }
      return text
    }
    var order = MemoryOrder.sequentiallyConsistent
    if let name = text("order") {
      guard let known = MemoryOrder(name: name) else { return "invalid-order" }
      order = known
    }
    var failureOrder: MemoryOrder?
    if let name = text("failure_order") {
      guard let known = MemoryOrder(name: name) else { return "invalid-order" }
      failureOrder = known
    }
    var index: UInt8 = 0
    if case .integer(let number) = body["index"] {
      guard let byte = UInt8(exactly: number) else { return "invalid-index" }
      index = byte
    }
    do {
      func bits(_ member: String) throws(ValueError) -> UInt128 {
        guard let text = text(member) else { return 0 }
        return try vector.registerType.parse(text)
      }
      let (operation, type) = (vector.operationName.operation, vector.registerType)
      if let modifier = try modifier(vector, text) {
        guard operation.exists(on: type.kind), modifier.class.exists(on: type.kind) else {
          return "unsupported-operation"
        }
        let operand = try bits(body["desired"] == nil ? "operand" : "desired")
        _ = try AtomicRequest(
          operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
          operand: operand, expected: try bits("expected"))
        return "accepted"
      }
      let operand = try bits(body["desired"] == nil ? "operand" : "desired")
      _ = try AtomicRequest(
        vector.operationName.operation, on: vector.registerType, order: order,
        failureOrder: failureOrder, operand: operand,
        expected: try bits(body["unless"] == nil ? "expected" : "unless"), index: index)
      return "accepted"
    } catch let error as ValueError {
      switch error {
      case .malformed: return "invalid-value"
      case .outOfRange: return "value-out-of-range"
      case .wrongByteCount: return "\(error)"
      }
    } catch let error as OperationError {
      switch error {
      case .unsupportedOperation, .unsupportedModifier: return "unsupported-operation"
      case .boundsWithoutPolicy, .emptyBounds: return "invalid-value"
      case .modifierNotTaken: return "unknown-member"
      case .readOnly, .scopeEnded: return "\(error)"
      case .invalidOrder, .invalidFailureOrder: return "invalid-order"
      case .failureOrderNotTaken: return "unknown-member"
      case .invalidIndex: return "invalid-index"
      case .valueOutOfRange: return "value-out-of-range"
      }
    } catch {
      return "\(error)"
    }
  }

  /// What the members say of a modifier; nil where they say nothing.
  private func modifier(_ vector: Vector, _ text: (String) -> String?) throws
    -> OperationModifier?
  {
    let type = vector.registerType
    if let mask = text("mask") {
      guard type.kind != .float else { return .mask(0) }
      return .mask(try type.maskType.parse(mask))
    }
    if let name = text("relation") {
      guard let relation = ValueRelation(name: name) else { throw ValueError.malformed(type) }
      return .relation(relation)
    }
    let (least, greatest) = (text("min"), text("max"))
    guard text("overflow") != nil || least != nil || greatest != nil else { return nil }
    guard let policy = OverflowPolicy(name: text("overflow") ?? "wrap") else {
      throw ValueError.malformed(type)
    }
    guard type.kind.isInteger else { return .overflow(policy) }
    return .overflow(
      policy, least: try least.map(type.parse), greatest: try greatest.map(type.parse))
  }
}
