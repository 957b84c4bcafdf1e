// SPDX-License-Identifier: Apache-2.0

/// What of HTTP is logged, and where to.
public struct AccessLogConfiguration: Sendable, Equatable {
  /// Where the lines go.
  public enum Destination: Sendable, Equatable {
    case standardError
    /// Made where it does not exist, added to where it does; opened again by ``Server/reload()``.
    case file(path: String)
  }

  public var destination: Destination
  /// Of how many requests one is logged, by chance; 1 is all of them, 0 none.
  public var oneIn = 1
  /// The same for those that are answered by a status of 400 or more.
  public var errorsOneIn = 1
  /// Lines in any one second, at most; the rest is counted and told.
  public var linesPerSecond = 10_000
  /// Bytes of lines that wait to be written, at most; the rest is counted and told.
  public var bufferBytes = 1 << 20

  public init(_ destination: Destination) { self.destination = destination }
}
