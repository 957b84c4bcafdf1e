// SPDX-License-Identifier: Apache-2.0

import RegisterService

/// What an HTTP request wants to be told of, event by event.
struct WatchQuestion: Sendable {
  /// A register that is watched for its own sake.
  struct Subject: Sendable {
    let name: String
    let register: RegisterReference
  }

  var subjects: [Subject]
  /// None of them begins with another.
  var prefixes: [[UInt8]]
  /// The least time between two events of one register.
  var intervalNanoseconds: UInt64
  /// Whether the client was told something before, by an answer that was cut off.
  var isResumed: Bool
  /// Whether the answer has no body.
  var wantsHeadOnly: Bool
  /// Who asks; nil where everybody may do everything.
  var caller: Caller?
}
