// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a command writes. Lines are kept and written together, at the latest at the end.
final class Output {
  private var pending: [UInt8] = []

  func text(_ text: String) {
    pending += Array(text.utf8)
    if pending.count > 1 << 16 { flush() }
  }

  func line(_ line: String) { text(line + "\n") }

  /// One sentence to standard error.
  func complain(_ text: String) {
    flush()
    try? FileHandle.standardError.write(contentsOf: Data("atomics-client: \(text)\n".utf8))
  }

  func flush() {
    // A reader that has gone away (`| head -1`) is no error.
    try? FileHandle.standardOutput.write(contentsOf: Data(pending))
    pending.removeAll(keepingCapacity: true)
  }
}

/// An error's description with a full stop.
func sentence(_ error: some Error & CustomStringConvertible) -> String {
  let text = error.description
  return text.hasSuffix(".") || text.hasSuffix("?") ? text : text + "."
}

/// One digit behind the point.
func decimal(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(abs(tenths % 10))"
}
