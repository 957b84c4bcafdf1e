// SPDX-License-Identifier: Apache-2.0

/// What a client asks of a server by itself, besides the calls.
enum Errand {
  case open(RegisterIdentity)
  /// The number of the watch.
  case watch(UInt64)
  /// The answer is all that matters.
  case probe
}

/// Who needs a register to be opened again: a call, or the watch of a number.
enum OpenAsker<Call> {
  case call(Call)
  case watch(UInt64)
}

/// Where a register is on a connection.
enum RegisterPlace {
  case asItIs
  case here(RegisterReference)
  case gone
}
