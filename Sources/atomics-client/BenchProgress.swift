// SPDX-License-Identifier: Apache-2.0

import Foundation
import LoadGenerator
import Synchronization

/// One line on a terminal that tells how far a run is, once a second.
final class BenchProgress: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant?
    var isOnLine = false
  }

  private let isShown: Bool
  private let state = Mutex(State())

  /// Nothing is shown where standard error is no terminal.
  init(isQuiet: Bool) {
    isShown = !isQuiet && isatty(FileHandle.standardError.fileDescriptor) == 1
  }

  func show(_ progress: LoadProgress) {
    guard isShown else { return }
    let isDue = state.withLock { state in
      let now = ContinuousClock.now
      if let last = state.lastShown, last.duration(to: now) < .seconds(1) { return false }
      state.lastShown = now
      state.isOnLine = true
      return true
    }
    if isDue { write("\r\(Self.line(progress))\u{1B}[K") }
  }

  /// Takes the line away, before anything else is printed.
  func clear() {
    let wasOnLine = state.withLock { state in
      defer { state.isOnLine = false }
      return state.isOnLine
    }
    if wasOnLine { write("\r\u{1B}[K") }
  }

  static func line(_ progress: LoadProgress) -> String {
    "\(decimal(progress.elapsedSeconds)) of \(decimal(progress.totalSeconds)) s  "
      + "\(progress.target)  \(Int(progress.operationsPerSecond.rounded())) op/s  "
      + "p99 \(decimal(progress.p99)) µs"
  }

  private func write(_ text: String) {
    // There is nowhere to say that this fails.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
