// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient

/// Which of the names a request asks for.
public enum NameDistribution: Equatable, Sendable {
  /// Each as often as any other.
  case uniform
  /// Name number i, counted from 0, with a probability proportional to 1 / (i + 1)^skew.
  case zipf(skew: Double)

  /// The skew of `zipf` without a number.
  public static let standardSkew = 0.99

  /// Reads `uniform`, `zipf` or `zipf:SKEW`.
  ///
  /// - Throws: ``ClientError/usage(_:)`` for anything else.
  public init(_ text: String) throws(ClientError) {
    switch text {
    case "uniform": self = .uniform
    case "zipf": self = .zipf(skew: Self.standardSkew)
    default:
      guard text.hasPrefix("zipf:"), let skew = Double(text.dropFirst("zipf:".count)),
        skew > 0, skew <= 10
      else {
        throw .usage(
          "`\(text)` is no distribution: say uniform, zipf (skew \(Self.standardSkew)) or "
            + "zipf:SKEW with a skew above 0, up to 10.")
      }
      self = .zipf(skew: skew)
    }
  }

  /// As ``init(_:)`` reads it.
  public var title: String {
    switch self {
    case .uniform: "uniform"
    case .zipf(let skew): "zipf:\(skew)"
    }
  }
}
