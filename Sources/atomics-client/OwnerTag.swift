// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsCore

/// The number by which an owner finds its registers: 64 bits, decimal or with `0x`.
struct OwnerTag: ExpressibleByArgument {
  let number: UInt64

  init?(argument: String) {
    guard let type = RegisterType(name: "u64") else { return nil }
    do throws(ValueError) {
      number = UInt64(truncatingIfNeeded: try type.parse(argument))
    } catch {
      return nil
    }
  }
}
