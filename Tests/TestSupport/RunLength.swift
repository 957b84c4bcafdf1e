// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much a run of the tests is to try.
public enum RunLength {
  /// Whether everything was asked for: `ATOMICS_TEST_LONG` is set, as by `deploy/test --long`.
  public static let isLong = ProcessInfo.processInfo.environment["ATOMICS_TEST_LONG"] != nil
}
