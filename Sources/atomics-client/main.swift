// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation

// Without it a command on a mapped arena that somebody cuts would end with no word about why.
try? ClientFaultGuard.install()
let output = Output()
let outcome = CommandLineRun(arguments: Array(CommandLine.arguments.dropFirst())).run(output)
output.flush()
if let failure = output.failure {
  output.complain("The output cannot be written: \(failure).")
  exit(Outcome.connection.rawValue)
}
exit(outcome.rawValue)
