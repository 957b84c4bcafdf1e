// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient
public import AtomicsCore

/// The operations of a load and how often each comes.
///
/// Operands are such that every operation can go on for ever: 1 where there is one, bit 0, a
/// compare-exchange of 0 by 0, an addition unless the value is the greatest.
public struct OperationMix: Equatable, Sendable {
  /// One operation of the mix.
  public struct Part: Equatable, Sendable {
    public let name: OperationName
    /// How often it comes, compared with the others.
    public let weight: Int
    let request: AtomicRequest
  }

  public let parts: [Part]
  private let totalWeight: Int

  /// One operation alone.
  ///
  /// - Throws: ``ClientError/usage(_:)`` where u64 registers do not have it.
  public init(_ name: OperationName) throws(ClientError) { try self.init([(name, 1)]) }

  /// Reads `load=90,fetch_add=10`: names of the operation table with their weights, which need
  /// not add up to 100; a name alone has the weight 1.
  ///
  /// - Throws: ``ClientError/usage(_:)`` with the part that is wrong.
  public init(_ text: String) throws(ClientError) {
    var parts: [(OperationName, Int)] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let spelling = String(sides.first ?? "")
      guard let name = OperationName(spelling) else {
        throw .usage(
          "There is no operation `\(spelling)`: `atomics-client --help` lists them. "
            + "A mix is such as load=90,fetch_add=10.")
      }
      let weight = sides.count > 1 ? Int(sides[1]) ?? 0 : 1
      guard (1...1_000_000).contains(weight) else {
        throw .usage("`\(word)`: a weight is a whole number from 1 to 1000000.")
      }
      guard !parts.contains(where: { $0.0 == name }) else {
        throw .usage("The mix names \(name.name) twice.")
      }
      parts.append((name, weight))
    }
    try self.init(parts)
  }

  private init(_ parts: [(name: OperationName, weight: Int)]) throws(ClientError) {
    var made: [Part] = []
    for part in parts {
      made.append(
        Part(name: part.name, weight: part.weight, request: try Self.request(part.name)))
    }
    self.parts = made
    totalWeight = parts.reduce(0) { $0 + $1.weight }
  }

  private static func request(_ name: OperationName) throws(ClientError) -> AtomicRequest {
    let operation = name.operation
    do throws(OperationError) {
      switch operation.operands {
      case .none, .index, .expectedAndDesired:
        return try AtomicRequest(operation, on: .u64)
      case .operand: return try AtomicRequest(operation, on: .u64, operand: 1)
      case .operandAndUnless:
        return try AtomicRequest(
          operation, on: .u64, operand: 1, expected: RegisterType.u64.width.mask)
      }
    } catch {
      throw .usage("\(error), and bench loads u64 registers.")
    }
  }

  /// The mix, for people and as ``init(_:)`` reads it.
  public var title: String {
    guard parts.count > 1 else { return parts.first?.name.name ?? "" }
    return parts.map { "\($0.name.name)=\($0.weight)" }.joined(separator: ",")
  }

  /// Draws the number of a part.
  func next(_ generator: inout RepeatableGenerator) -> Int {
    guard parts.count > 1 else { return 0 }
    var point = generator.next(below: totalWeight)
    for (index, part) in parts.enumerated() {
      point -= part.weight
      if point < 0 { return index }
    }
    return 0
  }
}
