// SPDX-License-Identifier: Apache-2.0

package import AtomicsCore

extension RegisterType {
  /// Whether a register of this type can have the restore gap `gap`: a number that is not negative,
  /// of an integer.
  package func takes(restoreGap gap: UInt128) -> Bool {
    gap == 0 || kind.isInteger && gap <= greatest
  }

  /// The value `gap` after `bits`, or the type's greatest where that is nearer.
  package func adding(restoreGap gap: UInt128, to bits: UInt128) -> UInt128 {
    guard gap != 0 else { return bits }
    if kind == .signed {
      let (sum, overflow) = signed(bits).addingReportingOverflow(signed(gap))
      return overflow || sum > signed(greatest)
        ? greatest : UInt128(truncatingIfNeeded: sum) & width.mask
    }
    let (sum, overflow) = bits.addingReportingOverflow(gap)
    return overflow || sum > greatest ? greatest : sum
  }
}
