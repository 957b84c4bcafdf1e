// SPDX-License-Identifier: Apache-2.0

import RegisterService

extension Server {
  /// Keeps the process alive when another program cuts the arena's file under it: what was being
  /// done then is answered with "unknown", and the server goes on.
  ///
  /// Takes the process's SIGBUS, so it is the program's to ask for. The handler that was there gets
  /// what the arena has no part in.
  public static func guardAgainstFaults() throws(ServerError) {
    do throws(ServiceError) {
      try RegisterService.guardAgainstFaults()
    } catch {
      throw .arena("\(error)")
    }
  }
}
