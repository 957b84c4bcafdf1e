// SPDX-License-Identifier: Apache-2.0

/// What a load run asks of the program that runs it, and tells it meanwhile.
public struct LoadSurroundings: Sendable {
  /// The processor time that a process has used, in nanoseconds; nil: it is not known.
  public var processorTime: @Sendable (_ process: Int32) -> UInt64?
  /// Called after every slice, on a thread of the load.
  public var onProgress: @Sendable (LoadProgress) -> Void

  public init(
    processorTime: @escaping @Sendable (_ process: Int32) -> UInt64? = { _ in nil },
    onProgress: @escaping @Sendable (LoadProgress) -> Void = { _ in }
  ) {
    self.processorTime = processorTime
    self.onProgress = onProgress
  }
}
