// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation

let output = Output()
let outcome = CommandLineRun(arguments: Array(CommandLine.arguments.dropFirst())).run(output)
output.flush()
exit(outcome.rawValue)
