// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where a command writes. Lines are kept and written together, at the latest at the end.
final class Output {
  private var pending: [UInt8] = []
  /// Why standard output takes no more; nil while it does.
  private(set) var failure: String?

  /// What others have put into `text` to steer a terminal comes out as U+FFFD.
  func text(_ text: String) {
    pending += Array(harmless(text).utf8)
    if pending.count > 1 << 16 { flush() }
  }

  func line(_ line: String) { text(line + "\n") }

  /// One sentence to standard error.
  func complain(_ text: String) {
    flush()
    // There is nowhere to say that this fails.
    try? FileHandle.standardError.write(
      contentsOf: Data("atomics-client: \(harmless(text))\n".utf8))
  }

  /// Text to standard error that is no complaint, beside what goes to standard output.
  func aside(_ text: String) {
    flush()
    // As above.
    try? FileHandle.standardError.write(contentsOf: Data(harmless(text).utf8))
  }

  func flush() {
    if failure == nil {
      do {
        try FileHandle.standardOutput.write(contentsOf: Data(pending))
      } catch {
        failure = reason(of: error)
      }
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// What the system says of a file that cannot be opened, read or written.
func reason(of error: any Error) -> String {
  let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  let code = cause.flatMap { POSIXErrorCode(rawValue: Int32($0.code)) }
  let text = code.map { POSIXError($0).localizedDescription } ?? error.localizedDescription
  // What the command did is done.
  return text.replacing("The operation could not be completed. ", with: "")
}

/// `text` with control characters, line ends and tabs excepted, made visible.
private func harmless(_ text: String) -> String {
  let isControl = { (scalar: Unicode.Scalar) in
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  return String(
    String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
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
