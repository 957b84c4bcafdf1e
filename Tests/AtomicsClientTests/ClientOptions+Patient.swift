// SPDX-License-Identifier: Apache-2.0

@testable import AtomicsClient

extension ClientOptions {
  /// For tests that are about something else than time: the machine may be busy with all the other
  /// tests, and what was asked is then long in coming.
  static func patient(maximumInFlight: Int = 1_024) -> ClientOptions {
    ClientOptions(timeoutMilliseconds: 120_000, maximumInFlight: maximumInFlight)
  }
}
