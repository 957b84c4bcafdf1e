// SPDX-License-Identifier: Apache-2.0
import CLinux

/// The accounts of this machine, by name.
public enum SystemAccounts {
  /// The number of the user called `name`. May ask the network: not for a loop's thread.
  public static func user(named name: String) -> UInt32? {
    guard !name.utf8.contains(0) else { return nil }
    // Safety: the name is read within the call only.
    return UInt32(exactly: unsafe clinux_user_id(name))
  }

  /// The number of the group called `name`; as above.
  public static func group(named name: String) -> UInt32? {
    guard !name.utf8.contains(0) else { return nil }
    // Safety: the name is read within the call only.
    return UInt32(exactly: unsafe clinux_group_id(name))
  }
}
