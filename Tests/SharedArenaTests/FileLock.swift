// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

@testable import SharedArena

/// A shared lock as any program may take it.
func lock(_ file: borrowing FileDescriptor, from start: Int64, length: Int64) -> Int32 {
  clinux_ofd_lock(file.number, Int16(F_RDLCK), start, length)
}
