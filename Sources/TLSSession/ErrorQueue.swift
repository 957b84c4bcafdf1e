// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The calling thread's queue of OpenSSL errors. Whoever lets a call fail empties it: what is left
/// would be taken for the failure of the next call.
enum ErrorQueue {
  static func clear() { ERR_clear_error() }

  /// The text of the first error, which is the cause of those after it, and an empty queue.
  static func takeReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return "unknown error" }
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
      // Safety: the library writes at most `count` bytes, the last of them zero.
      unsafe ERR_error_string_n(code, text.baseAddress, text.count)
      return unsafe text.baseAddress.map { unsafe String(cString: $0) } ?? ""
    }
    // "error:CODE:LIBRARY:FUNCTION:REASON"
    let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
    return parts.last.map(String.init) ?? text
  }

  /// Whether the last error is one of these reasons of the X.509 part.
  static func isKeyMismatch() -> Bool {
    let code = ERR_peek_last_error()
    guard ERR_GET_LIB(code) == ERR_LIB_X509 else { return false }
    let reason = ERR_GET_REASON(code)
    return reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH
  }
}
