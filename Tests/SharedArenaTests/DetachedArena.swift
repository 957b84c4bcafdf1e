// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

@testable import SharedArena

extension Arena {
  /// Gives the attachment's lock back, so that this arena keeps nothing from being used again.
  func detachForTest() {
    _ = clinux_ofd_lock(attachment.file.number, Int16(F_UNLCK), 1 << 62, 0)
  }
}
