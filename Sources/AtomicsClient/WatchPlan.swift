// SPDX-License-Identifier: Apache-2.0

/// What a watch watches.
struct WatchPlan: Sendable {
  enum Subject: Sendable {
    case register(RegisterReference)
    /// Every register whose name begins with it, those that are made later too.
    case prefix(String)
  }

  var subject: Subject
  /// The least time between two events of one register.
  var intervalMilliseconds: UInt32 = 0

  /// The one register that it is about.
  var name: String? {
    if case .register(let register) = subject { register.name } else { nil }
  }
}
