// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Testing

@testable import RegisterService

@Suite struct PackedReferenceTests {
  @Test("nothing of a reference is lost, up to the last slot and generation")
  func roundTrip() {
    for kind in AtomicKind.allCases {
      for width in AtomicWidth.allCases {
        guard let type = RegisterType(kind: kind, width: width) else { continue }
        for (slot, generation) in [(UInt32(0), UInt64(1)), (.max, (1 << 56) - 1)] {
          for isBounded in [false, true] {
            let packed = PackedReference(
              RegisterReference(
                RegisterHandle(slot: slot, type: type, generation: generation),
                isBounded: isBounded))
            #expect(packed.reference?.handle == packed.plain(type).handle)
            #expect(packed.reference?.slot == slot && packed.reference?.generation == generation)
            #expect(packed.reference?.type == type && packed.reference?.isLimited == isBounded)
            #expect(packed.isPlain(type) == !isBounded)
            let other = RegisterType(name: type.name == "u8" ? "u16" : "u8")!
            #expect(!packed.isPlain(other))
          }
        }
      }
    }
    #expect(PackedReference.none.reference == nil)
    #expect(!PackedReference.none.isPlain(RegisterType(name: "u8")!))
  }
}
