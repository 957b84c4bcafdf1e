// SPDX-License-Identifier: Apache-2.0
public import AtomicsCore
import Foundation

/// One line of `Tests/Vectors/operations.jsonl`; what its members mean stands in `generate.py`
/// beside it.
public struct Vector: Decodable, Sendable, CustomStringConvertible {
  public let op: String
  public let type: String
  public let order: String?
  public let failureOrder: String?
  public let initial: String
  public let operand: String?
  public let expected: String?
  public let unless: String?
  public let mask: String?
  public let relation: String?
  public let overflow: String?
  public let min: String?
  public let max: String?
  public let index: UInt8?
  public let old: String?
  public let new: String?
  public let success: Bool?
  public let final: String
  public let status: String
  public let requestHex: String?
  public let replyHex: String?
  /// The JSON bodies as they stand in the file, for the faces that speak JSON.
  public let httpBody: JSONObject?
  public let httpReply: JSONObject?
  public let httpStatus: Int?
  public let httpSlug: String?
  public let httpValue: String?

  /// Whether the operation runs, with or without effect; else it is refused.
  public var isAccepted: Bool { ["OK", "MISMATCH", "OVERFLOW"].contains(status) }

  public var description: String {
    let bounds = overflow.map { "\($0) \(min ?? "")...\(max ?? "")" }
    let inputs = [relation, expected, operand, unless, mask, bounds, index.map { "bit \($0)" }]
      .compactMap { $0 }
    return "\(op) \(type) \(order ?? "")/\(failureOrder ?? "-") \(initial) \(inputs) \(status)"
  }
}

/// A JSON object of strings, Booleans and whole numbers.
public typealias JSONObject = [String: JSONScalar]

public enum JSONScalar: Decodable, Hashable, Sendable {
  case bool(Bool)
  case integer(Int)
  case string(String)

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  /// The value as JSON text; the strings of the vectors need no escapes.
  public var json: String {
    switch self {
    case .bool(let bool): "\(bool)"
    case .integer(let integer): "\(integer)"
    case .string(let string): "\"\(string)\""
    }
  }
}

/// The vectors, read once.
public enum Vectors {
  public static let all: [Vector] = read()
  public static let accepted = all.filter(\.isAccepted)
  public static let refused = all.filter { !$0.isAccepted }

  private static func read() -> [Vector] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Vectors/operations.jsonl").standardizedFileURL
    do {
      // One array decodes several times faster than thousands of lines on their own.
      let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
      let array = Data("[".utf8) + lines.joined(separator: Data(",".utf8)) + Data("]".utf8)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode([Vector].self, from: array)
    } catch {
      preconditionFailure("\(file.path) is unreadable: \(error)")
    }
  }
}

/// The facts of a vector in the library's own types. Each traps on what no vector says.
extension Vector {
  public var registerType: RegisterType {
    guard let type = RegisterType(name: type) else { preconditionFailure("no type \(type)") }
    return type
  }

  public var operationName: OperationName {
    guard let name = OperationName(op) else { preconditionFailure("no operation \(op)") }
    return name
  }

  public var memoryOrder: MemoryOrder? { order.flatMap(MemoryOrder.init(name:)) }
  public var failureMemoryOrder: MemoryOrder? { failureOrder.flatMap(MemoryOrder.init(name:)) }

  /// The bits that `text` writes in the vector's type; absent is 0.
  public func bits(_ text: String?) -> UInt128 {
    guard let text else { return 0 }
    guard let bits = try? registerType.parse(text) else { preconditionFailure("\(self): \(text)") }
    return bits
  }

  /// What changes how the operation works.
  public var modifier: OperationModifier? {
    if let mask {
      guard let bits = try? registerType.maskType.parse(mask) else {
        preconditionFailure("\(self): \(mask)")
      }
      return .mask(bits)
    }
    if let relation {
      guard let relation = ValueRelation(name: relation) else { preconditionFailure("\(self)") }
      return .relation(relation)
    }
    guard let overflow else { return nil }
    guard let policy = OverflowPolicy(name: overflow) else { preconditionFailure("\(self)") }
    return .overflow(policy, least: min.map { bits($0) }, greatest: max.map { bits($0) })
  }

  /// Whether the library, asked for the same, says it in the same frame: a mask of all bits is a
  /// plain exchange to it.
  public var framesAsWritten: Bool { modifier != .mask(registerType.width.mask) }

  /// Whether the library, asked for the same, says it in the same JSON: it leaves out what says
  /// nothing, and writes a mask as the value that it is.
  public var bodyAsWritten: Bool {
    framesAsWritten && modifier != .overflow(.wrap) && modifier != .relation(.equal)
      && (min == nil || bits(min) != registerType.least)
      && (max == nil || bits(max) != registerType.greatest)
      && (mask == nil || httpBody?["mask"] == mask.map { .string($0) })
  }

  /// The request of an accepted vector.
  public func request() throws -> AtomicRequest {
    guard let order = memoryOrder else { preconditionFailure("\(self) has no order") }
    if let modifier {
      return try AtomicRequest(
        operationName.operation, on: registerType, modifier: modifier, order: order,
        failureOrder: failureMemoryOrder, operand: bits(operand), expected: bits(expected))
    }
    return try AtomicRequest(
      operationName.operation, on: registerType, order: order, failureOrder: failureMemoryOrder,
      operand: bits(operand), expected: bits(expected ?? unless), index: index ?? 0)
  }

  /// What an accepted vector's operation finds and leaves. A store finds nothing: its `old` is
  /// its `new`.
  public var outcome: AtomicOutcome {
    let isBit = operationName.operation.isBitOperation
    func value(_ text: String?) -> UInt128 { isBit ? (text == "1" ? 1 : 0) : bits(text) }
    return AtomicOutcome(old: value(old ?? new), new: value(new), succeeded: success ?? true)
  }

  public var requestBytes: [UInt8]? { requestHex.map(Self.bytes) }
  public var replyBytes: [UInt8]? { replyHex.map(Self.bytes) }

  private static func bytes(_ hex: String) -> [UInt8] {
    func nibble(_ digit: UInt8) -> UInt8 { digit < 0x40 ? digit & 15 : digit & 15 + 9 }
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      nibble(digits[$0]) << 4 | nibble(digits[$0 + 1])
    }
  }
}
