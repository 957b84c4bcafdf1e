// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore

/// The command as a whole: its verbs and what `--help` says.
struct AtomicsClientCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atomics-client",
    abstract: "Use named atomic registers, over the network or in shared memory.",
    usage: "atomics-client VERB … [--server ADDRESS] [--json] [--order ORDER] …",
    discussion: """
      EXAMPLES:
        atomics-client create hits u64
        atomics-client inc hits                    prints the new value
        atomics-client fetch-add hits 5 --order relaxed
        atomics-client cas hits 6 10               exits with 1 if hits is not 6
        atomics-client bit set flags 3             prints the bit found
        atomics-client add seats 2 --overflow fail --max 100
        atomics-client wait seats ge 1 --then sub 1    waits for a seat and takes it
        atomics-client watch --prefix jobs/        a line whenever one of them changes
        atomics-client --server shm: inc hits      no network: maps the arena
        atomics-client snapshot save hits.snapshot saves all registers of an arena
        atomics-client export > all.jsonl          the same as text, over any server

      OPERATIONS (each with - or _ alike; `VERB --help` explains one):
      \(operationLines)

      Short: get = load, set = store, swap = exchange, cas = cmpxchg_strong,
             bit test|set|reset|compl NAME INDEX.

      SERVERS:
        atr://HOST:PORT   the binary protocol     unix:PATH   the same, locally
        http://HOST:PORT  HTTP/2                  shm:[PATH]  an arena, mapped
        atrs:// and https:// are the same over TLS: --tls-ca FILE, --tls-certificate
        FILE, --tls-key FILE, --tls-server-name NAME, --tls-insecure, else
        $ATOMICS_TLS_CA, $ATOMICS_TLS_CERTIFICATE, $ATOMICS_TLS_KEY,
        $ATOMICS_TLS_SERVER_NAME, else the roots that the system trusts.
      Without --server: $ATOMICS_SERVER, else \(ServerAddress.standard).
      A server with access rules wants a token: --token-file FILE, else $ATOMICS_TOKEN,
      else the file $ATOMICS_TOKEN_FILE; `token new` makes one. It goes beyond
      loopback over TLS only, or with --insecure-token.

      EXIT CODES:
        0   done
        1   a comparison or condition was false, a result out of bounds, a register
            not there or of another type, a snapshot missing or damaged
        2   wrong usage
        3   no connection, or an output that cannot be written
        4   the server does not know who asks, or its access rules do not allow it
        5   the time of a wait was up
        130 a wait or a measurement was ended by Ctrl-C or SIGTERM; a `watch` ends so
            with 0
      """,
    version: "0.1.0",
    subcommands: [
      CreateCommand.self, ListCommand.self, RemoveCommand.self, InfoCommand.self,
      PingCommand.self, WaitCommand.self, WatchCommand.self, LocateCommand.self, StatCommand.self,
      SnapshotCommand.self,
      ExportCommand.self, ImportCommand.self, BenchCommand.self, TokenCommand.self,
      OperationCommand.self,
    ])

  /// The verbs that are no operations.
  static let plainVerbs = [
    "create", "ls", "rm", "info", "ping", "wait", "watch", "locate", "stat", "snapshot", "export",
    "import", "bench",
    "token",
  ]

  /// Those whose first operand says which of several tasks.
  static let familyVerbs = ["snapshot", "token"]

  private static let operationLines: String = {
    var lines: [String] = []
    var line = " "
    for name in OperationName.all.map(\.name) {
      if line.count + name.count > 76 {
        lines.append(line)
        line = " "
      }
      line += " " + name
    }
    return (lines + [line]).joined(separator: "\n")
  }()
}
