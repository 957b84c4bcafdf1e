// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How many descriptors this process may have open at once (RLIMIT_NOFILE, getrlimit(2)).
public enum DescriptorLimit {
  /// Raises the limit to `wanted` as far as the process may do so by itself, and never lowers it.
  ///
  /// - Returns: The limit from now on.
  public static func raise(to wanted: Int) -> Int {
    var limit = rlimit()
    // Safety: here and below, the structure outlives the call.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return wanted
    }
    if limit.rlim_cur < UInt(wanted) {
      var raised = limit
      raised.rlim_cur = min(UInt(wanted), limit.rlim_max)
      if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
        limit = raised
      }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
