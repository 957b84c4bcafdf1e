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

  /// The least time between two events over the map, where each takes a look: a millisecond at
  /// least.
  var pauseNanoseconds: UInt64 { UInt64(max(1, intervalMilliseconds)) * 1_000_000 }

  /// The one register that it is about.
  var name: String? {
    if case .register(let register) = subject { register.name } else { nil }
  }

  /// Throws where no name begins like this.
  func check() throws(ClientError) {
    guard case .prefix(let prefix) = subject, !prefix.isEmpty else { return }
    // A name may go on where a prefix ends, even in the middle of a part.
    let isPart = prefix.hasSuffix("/") || prefix.hasSuffix(".")
    try RegisterReference.check(name: isPart ? prefix + "x" : prefix)
  }
}

extension WatchPlan {
  /// - Parameter interval: The least time between two events of one register, in whole
  ///   milliseconds, rounded up; at most 49 days.
  init(_ subject: Subject, interval: Duration) {
    self.init(
      subject: subject, intervalMilliseconds: interval.wireMilliseconds ?? .max)
  }
}
