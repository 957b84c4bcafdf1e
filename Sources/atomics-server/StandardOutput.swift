// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Text to standard output at once; who reads it may have gone, which is no reason to stop.
enum StandardOutput {
  static func write(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }
}

enum StandardError {
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
