// SPDX-License-Identifier: Apache-2.0

extension ServerSettings {
  /// Every setting, in the order of the settings file: sections stand together.
  public static let table: [Setting] = [
    Setting(
      "listen", flag: "--listen", .endpoints(\.listen),
      "Addresses to listen on, ADDRESS:PORT or unix:PATH; port 0 takes a free one; beyond loopback"
        + " they need TLS and authentication, or insecure"),
    Setting(
      "tls_certificate", flag: "--tls-certificate", .path(\.tlsCertificate),
      "PEM file of the server's certificate and those that lead to its root; with it the TCP"
        + " addresses speak TLS too, and those beyond loopback nothing else; SIGHUP reads this and"
        + " the next two again"),
    Setting(
      "tls_key", flag: "--tls-key", .path(\.tlsKey),
      "PEM file of the certificate's private key, without a passphrase"),
    Setting(
      "tls_client_ca", flag: "--tls-client-ca", .path(\.tlsClientCA),
      "PEM file of the roots of the clients' certificates"),
    Setting(
      "tls_client_certificates", flag: "--tls-client-certificates",
      .clientCertificates(\.tlsClientCertificates),
      "Whether clients that speak TLS show certificates: none (they are not asked), optional (what"
        + " they show must be valid) or required"),
    Setting(
      "insecure", flag: "--insecure", .flag(\.insecure),
      "Whether addresses beyond loopback may do without TLS or without authentication, true or"
        + " false: this lets whoever reaches them do what write permission on the arena's val does"),
    Setting(
      "arena", flag: "--arena", .path(\.arena),
      "Directory of the arena; empty is /dev/shm/atomics-UID/default"),
    Setting(
      "arena_capacity", flag: "--arena-capacity",
      .count(\.arenaCapacity, allowed: 1...1 << 31, unit: "registers"),
      "Most registers that an arena can ever hold; counts when the arena is made, and one that"
        + " exists keeps its own"),
    Setting(
      "threads", flag: "--threads", .count(\.threads, allowed: 0...1024, unit: "threads"),
      "Event loop threads; 0 is one for each core"),
    Setting(
      "log_level", flag: "--log-level", .logLevel(\.logLevel),
      "Least severe message to log: trace, debug, info, notice, warning, error or critical"),
    Setting(
      "allowed_hosts", flag: "--allow-host", .words(\.allowedHosts, .host),
      "Names that Host or :authority may have beside IP addresses and localhost"),
    Setting(
      "allowed_origins", flag: "--allow-origin", .words(\.allowedOrigins, .origin),
      "Origins of web pages, SCHEME://HOST[:PORT], that may use the server beside its own"),
    Setting(
      "allowed_origin_credentials", flag: "--allow-origin-credentials",
      .flag(\.allowedOriginCredentials),
      "Whether pages of the allowed origins may have their browser show its client certificate,"
        + " true or false; tokens need no such permission"),
    Setting(
      "access_log", flag: "--access-log", .path(\.accessLog),
      "File that gets a line of JSON for each HTTP request, or stderr for standard error; SIGHUP"
        + " opens it again; empty is no access log; a line costs some microseconds of its loop"),
    Setting(
      "access_log_one_in", flag: "--access-log-one-in",
      .count(\.accessLogOneIn, allowed: 0...1_000_000_000, unit: "requests"),
      "Of how many requests answered by a status below 400 one is logged, by chance; 1 is all of"
        + " them, 0 none"),
    Setting(
      "access_log_errors_one_in", flag: "--access-log-errors-one-in",
      .count(\.accessLogErrorsOneIn, allowed: 0...1_000_000_000, unit: "requests"),
      "The same for those that are answered by a status of 400 or more"),
    Setting(
      "access_file", flag: "--access", .path(\.accessFile),
      "File with who may do what, such as Config/access.yaml; SIGHUP reads it again; empty lets"
        + " whoever reaches the server do everything"),
    Setting(
      "snapshot_directory", flag: "--snapshot-directory", .path(\.snapshotDirectory),
      "Directory of the snapshots, from which a server restores when its arena is gone; set, or with"
        + " one of the next two, snapshots are on; empty is /var/lib/atomics/NAME for root and"
        + " arenas under /run, else $XDG_STATE_HOME/atomics/NAME or ~/.local/state/atomics/NAME"),
    Setting(
      "snapshot_interval_seconds", flag: "--snapshot-interval",
      .duration(\.snapshotInterval, allowed: .zero...(.seconds(31_536_000))),
      "Time between two snapshots; 0 is none by time"),
    Setting(
      "snapshot_at_shutdown", flag: "--snapshot-at-shutdown", .choice(\.snapshotAtShutdown),
      "Whether the end of the server takes a snapshot, true or false; empty is true with a"
        + " snapshot directory or interval, else false"),
    Setting(
      "limits.connections",
      .count(\.limits.connections, allowed: 1...1_000_000, unit: "connections"),
      "Connections open at once, fewer where the process may not have as many open files; one"
        + " more is told so and closed"),
    Setting(
      "limits.output_high_water_bytes",
      .count(\.limits.outputHighWaterBytes, allowed: 4096...1 << 30, unit: "bytes"),
      "Unsent replies of one connection above which it is neither read nor executed"),
    Setting(
      "limits.frame_bytes", .count(\.limits.frameBytes, allowed: 1024...1 << 24, unit: "bytes"),
      "Largest frame of the binary protocol"),
    Setting(
      "limits.handles", .count(\.limits.handles, allowed: 1...1 << 24, unit: "handles"),
      "Registers that one connection of the binary protocol may have open"),
    Setting(
      "limits.batch_operations",
      .count(\.limits.batchOperations, allowed: 1...1 << 16, unit: "operations"),
      "Most operations of one batch of the binary protocol"),
    Setting(
      "limits.keepalive_seconds",
      .duration(\.limits.keepAlive, allowed: .zero...(.seconds(86_400))),
      "Silence after which a client of the binary protocol that answers is asked whether it is"
        + " there; after three questions without an answer its connection ends; 0 is never"),
    Setting(
      "limits.idle_timeout_seconds",
      .duration(\.limits.idleTimeout, allowed: .zero...(.seconds(31_536_000))),
      "Time after which a connection of the binary protocol ends that asks nothing; 0 is never"),
    Setting(
      "limits.body_bytes", .count(\.limits.bodyBytes, allowed: 1024...1 << 30, unit: "bytes"),
      "Largest body of an HTTP request"),
    Setting(
      "limits.header_bytes", .count(\.limits.headerBytes, allowed: 1024...1 << 20, unit: "bytes"),
      "Largest header section of an HTTP request; one of HTTP/2 that unpacks to more than four"
        + " times as much ends its connection"),
    Setting(
      "limits.header_fields", .count(\.limits.headerFields, allowed: 8...10_000, unit: "fields"),
      "Most header fields of an HTTP request"),
    Setting(
      "limits.target_bytes", .count(\.limits.targetBytes, allowed: 256...1 << 20, unit: "bytes"),
      "Longest target (path and query) of an HTTP request"),
    Setting(
      "limits.streams", .count(\.limits.streams, allowed: 1...10_000, unit: "streams"),
      "Requests under way on one connection, of HTTP/2 or pipelined"),
    Setting(
      "limits.http2_nuisances",
      .count(\.limits.http2Nuisances, allowed: 1...1 << 30, unit: "frames"),
      "Frames of HTTP/2 that cost more than they bring, which one connection may send at once:"
        + " resets and requests that have to be reset, PING, SETTINGS, PRIORITY, DATA without data,"
        + " window updates of a few bytes; one more ends it by ENHANCE_YOUR_CALM"),
    Setting(
      "limits.http2_nuisances_per_second",
      .count(\.limits.http2NuisancesPerSecond, allowed: 0...1 << 30, unit: "frames"),
      "How many more of them it may send each second"),
    Setting(
      "limits.http2_acknowledgements",
      .count(\.limits.http2Acknowledgements, allowed: 1...1 << 30, unit: "frames"),
      "Answers to PING and SETTINGS that may wait for one connection; one more ends it"),
    Setting(
      "limits.http2_continuations",
      .count(\.limits.http2Continuations, allowed: 0...1 << 20, unit: "frames"),
      "CONTINUATION frames of one header section; one more ends the connection"),
    Setting(
      "limits.http2_settings_entries",
      .count(\.limits.http2SettingsEntries, allowed: 8...1 << 14, unit: "entries"),
      "Entries of one SETTINGS frame; one more ends the connection"),
    Setting(
      "limits.stall_timeout_seconds",
      .duration(\.limits.stallTimeout, allowed: .zero...(.seconds(86_400))),
      "Time in which an HTTP client must take something of an answer that waits for it, or over"
        + " HTTP/2 send something of a request that it has begun, in whole seconds; its stream is"
        + " reset, or its connection ends; 0 is never"),
    Setting(
      "limits.waits", .count(\.limits.waits, allowed: 1...1_000_000, unit: "waits"),
      "Waits for registers that one connection may have open"),
    Setting(
      "limits.waits_total", .count(\.limits.waitsTotal, allowed: 1...1 << 26, unit: "waits"),
      "Waits for registers that may be open together; each takes about 300 bytes"),
    Setting(
      "limits.wait_timeout_seconds",
      .duration(\.limits.waitTimeout, allowed: .zero...(.seconds(31_536_000))),
      "Time that a wait over HTTP takes at most where it names none"),
    Setting(
      "limits.wait_timeout_limit_seconds",
      .duration(\.limits.waitTimeoutLimit, allowed: .zero...(.seconds(31_536_000))),
      "Longest time that a wait over HTTP may name"),
    Setting(
      "limits.watches", .count(\.limits.watches, allowed: 0...100_000, unit: "watches"),
      "Watches of one connection; over HTTP event streams, and names and prefixes of one"),
    Setting(
      "limits.watches_total",
      .count(\.limits.watchesTotal, allowed: 0...1 << 24, unit: "watches"),
      "Watches of all connections together"),
    Setting(
      "limits.watched_registers",
      .count(\.limits.watchedRegisters, allowed: 0...1 << 26, unit: "registers"),
      "Registers that the watches of one connection see together"),
    Setting(
      "limits.watched_registers_total",
      .count(\.limits.watchedRegistersTotal, allowed: 0...1 << 28, unit: "registers"),
      "Registers that all watches see together, each counted as often as it is seen; about 600"
        + " bytes each"),
    Setting(
      "limits.heartbeat_seconds",
      .duration(\.limits.heartbeat, allowed: .zero...(.seconds(3600))),
      "Time without an event after which an event stream over HTTP is sent a comment; a connection"
        + " that has taken nothing for four such times ends; 0 is never"),
    Setting(
      "limits.event_credits", .count(\.limits.eventCredits, allowed: 0...1 << 24, unit: "events"),
      "Events of watches that a binary connection is sent before it says that it takes more"),
    Setting(
      "limits.event_credit_limit",
      .count(\.limits.eventCreditLimit, allowed: 1...1 << 24, unit: "events"),
      "Events of watches that a binary connection may take at once"),
    Setting(
      "limits.access_log_lines",
      .count(\.limits.accessLogLines, allowed: 1...10_000_000, unit: "lines per second"),
      "Most lines of the access log in a second; how many are left out is told by a line of it"),
    Setting(
      "limits.classification_timeout_seconds",
      .duration(\.limits.classificationTimeout, allowed: .milliseconds(10)...(.seconds(3600))),
      "Time in which a connection must show which protocol it speaks"),
    Setting(
      "limits.head_timeout_seconds",
      .duration(\.limits.headTimeout, allowed: .milliseconds(10)...(.seconds(3600))),
      "Time in which a request's header section must be complete; its body must bring 100 bytes a"
        + " second"),
    Setting(
      "limits.drain_timeout_seconds",
      .duration(\.limits.drainTimeout, allowed: .zero...(.seconds(3600))),
      "Time that connections get to finish when the server stops"),
  ]

  /// The row with this key, nil where there is none.
  static func row(_ key: String) -> Setting? {
    table.first { $0.key == key }
  }

  static func hasSection(_ name: String) -> Bool {
    table.contains { $0.key.hasPrefix(name + ".") }
  }
}
