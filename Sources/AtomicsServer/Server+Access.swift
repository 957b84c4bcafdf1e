// SPDX-License-Identifier: Apache-2.0

import EventLoop
public import RegisterService

extension Server {
  /// Puts `rules` in force for the next request of every connection, of those that are open too.
  /// Any thread. Does nothing where the server was started without rules.
  public func replaceAccess(with rules: AccessRules) {
    context.authenticator.control.replace(with: rules)
    // Who asks nothing finds out nothing by itself.
    for waits in waits { waits.reconsiderAll() }
  }

  /// The number of the user called `name` on this machine.
  public static func user(named name: String) -> UInt32? { SystemAccounts.user(named: name) }

  /// The number of the group called `name` on this machine.
  public static func group(named name: String) -> UInt32? { SystemAccounts.group(named: name) }
}
