// SPDX-License-Identifier: Apache-2.0

/// What tells two registers of one arena apart that had a name one after the other.
struct RegisterIdentity: Hashable {
  var generation: UInt64
  var slot: UInt32
}

extension RegisterReference {
  var identity: RegisterIdentity { RegisterIdentity(generation: generation, slot: slot) }
}
