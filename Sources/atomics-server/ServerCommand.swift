// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import AtomicsServer
import Foundation
import Logging
import Settings

/// Flags, settings, signals; everything else is AtomicsServer's.
@main
struct ServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "atomics-server",
    abstract: "Serves named atomic registers in shared memory, over HTTP and the binary protocol.",
    discussion: """
      Flags win over environment variables, which win over the settings file. \
      SIGTERM and SIGINT let open requests finish, then exit 0; a second signal exits at once. \
      SIGHUP reads the certificate, its key, the clients' roots and the access file again, and \
      opens the access log again.

      SETTINGS (environment variable, flag), each also as --set KEY=VALUE:
      \(ServerSettings.help)
      """,
    version: "0.1.0")

  @Option(
    help: ArgumentHelp(
      "Where to listen; repeats. Beyond loopback only with TLS and authentication, or --insecure.",
      valueName: "ADDRESS:PORT|unix:PATH"))
  var listen: [String] = []
  @Option(help: ArgumentHelp("Certificate to speak TLS with (PEM).", valueName: "FILE"))
  var tlsCertificate: String?
  @Option(help: ArgumentHelp("Private key of the certificate (PEM).", valueName: "FILE"))
  var tlsKey: String?
  @Option(help: ArgumentHelp("Roots of the clients' certificates (PEM).", valueName: "FILE"))
  var tlsClientCA: String?
  @Option(
    help: ArgumentHelp(
      "Whether clients show certificates.", valueName: "none|optional|required"))
  var tlsClientCertificates: String?
  @Flag(help: "Listen beyond loopback even without TLS or authentication.")
  var insecure = false
  @Option(help: ArgumentHelp("Directory of the arena.", valueName: "PATH"))
  var arena: String?
  @Option(
    help: ArgumentHelp("Most registers that a new arena can ever hold.", valueName: "N"))
  var arenaCapacity: String?
  @Option(help: ArgumentHelp("Event loop threads; 0 is one for each core.", valueName: "N"))
  var threads: String?
  @Option(help: ArgumentHelp("Least severe message to log.", valueName: "LEVEL"))
  var logLevel: String?
  @Option(help: ArgumentHelp("Host name to answer to; repeats.", valueName: "NAME"))
  var allowHost: [String] = []
  @Option(help: ArgumentHelp("Origin of web pages to answer; repeats.", valueName: "ORIGIN"))
  var allowOrigin: [String] = []
  @Flag(help: "Let those pages have their browser show its client certificate.")
  var allowOriginCredentials = false
  @Option(
    help: ArgumentHelp("File for a line of JSON for each HTTP request.", valueName: "FILE|stderr"))
  var accessLog: String?
  @Option(
    help: ArgumentHelp("Of how many requests one is logged; 0 is none.", valueName: "N"))
  var accessLogOneIn: String?
  @Option(
    help: ArgumentHelp("Of how many failed requests one is logged.", valueName: "N"))
  var accessLogErrorsOneIn: String?
  @Option(help: ArgumentHelp("File with who may do what.", valueName: "FILE"))
  var access: String?
  @Option(help: ArgumentHelp("Directory of the snapshots.", valueName: "PATH"))
  var snapshotDirectory: String?
  @Option(
    help: ArgumentHelp("Time between snapshots; 0 is none by time.", valueName: "SECONDS"))
  var snapshotInterval: String?
  @Option(help: ArgumentHelp("Whether the end takes a snapshot.", valueName: "true|false"))
  var snapshotAtShutdown: String?
  @Option(
    help: ArgumentHelp("Settings file (YAML), also ATOMICS_CONFIG.", valueName: "FILE"))
  var config: String?
  @Option(help: ArgumentHelp("Any setting by its key; repeats.", valueName: "KEY=VALUE"))
  var set: [String] = []
  @Flag(help: "Print the settings in force as a settings file, and exit.")
  var printConfig = false

  func run() throws {
    let settings = try ServerSettings.resolve(
      flags: flags(), environment: ProcessInfo.processInfo.environment, file: config)
    if printConfig {
      StandardOutput.write(settings.settingsFile)
      return
    }
    let signals = ShutdownSignals()
    LoggingSystem.bootstrap(StreamLogHandler.standardError(label:))
    var logger = Logger(label: "atomics-server")
    logger.logLevel = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info

    try Server.guardAgainstFaults()
    var configuration = ServerConfiguration(settings)
    let access = settings.accessFile.map { AccessRulesFile(path: $0, logger: logger) }
    configuration.access = try access?.load()
    let server = try Server(configuration, logger: logger)
    let keyFile = settings.tlsKey.map { PrivateKeyFile(path: $0, logger: logger) }
    keyFile?.warn()
    signals.onFirst { server.shutDown() }
    signals.onReload { [logger] in
      if settings.tlsCertificate == nil, access == nil, settings.accessLog == nil {
        logger.notice(
          "SIGHUP: nothing to read again, neither TLS, access rules nor access log are configured")
      }
      server.reload()
      keyFile?.warn()
      access?.reload(into: server)
    }
    StandardOutput.write(
      Announcement(
        addresses: server.addresses, arenaPath: server.arenaPath, origin: origin(of: server),
        program: CommandLine.arguments.first ?? "atomics-server",
        certificatePath: settings.tlsCertificate,
        asksForCertificate: settings.tlsClientCertificates == .required,
        wantsToken: settings.accessFile != nil
      ).text)
    try server.run()
  }

  private func origin(of server: Server) -> String {
    if let restored = server.restored { return "new, with \(restored)" }
    return server.adopted ? "adopted with its registers" : "new"
  }

  private func flags() throws -> [ServerSettings.Flag] {
    var flags: [ServerSettings.Flag] = []
    func add(_ name: String, _ key: String, _ values: [String]) {
      flags += values.map { ServerSettings.Flag(name: name, key: key, value: $0) }
    }
    add("--listen", "listen", listen)
    add("--tls-certificate", "tls_certificate", tlsCertificate.map { [$0] } ?? [])
    add("--tls-key", "tls_key", tlsKey.map { [$0] } ?? [])
    add("--tls-client-ca", "tls_client_ca", tlsClientCA.map { [$0] } ?? [])
    add(
      "--tls-client-certificates", "tls_client_certificates",
      tlsClientCertificates.map { [$0] } ?? [])
    add("--insecure", "insecure", insecure ? ["true"] : [])
    add("--arena", "arena", arena.map { [$0] } ?? [])
    add("--arena-capacity", "arena_capacity", arenaCapacity.map { [$0] } ?? [])
    add("--threads", "threads", threads.map { [$0] } ?? [])
    add("--log-level", "log_level", logLevel.map { [$0] } ?? [])
    add("--allow-host", "allowed_hosts", allowHost)
    add("--allow-origin", "allowed_origins", allowOrigin)
    add(
      "--allow-origin-credentials", "allowed_origin_credentials",
      allowOriginCredentials ? ["true"] : [])
    add("--access-log", "access_log", accessLog.map { [$0] } ?? [])
    add("--access-log-one-in", "access_log_one_in", accessLogOneIn.map { [$0] } ?? [])
    add(
      "--access-log-errors-one-in", "access_log_errors_one_in",
      accessLogErrorsOneIn.map { [$0] } ?? [])
    add("--access", "access_file", access.map { [$0] } ?? [])
    add("--snapshot-directory", "snapshot_directory", snapshotDirectory.map { [$0] } ?? [])
    add("--snapshot-interval", "snapshot_interval_seconds", snapshotInterval.map { [$0] } ?? [])
    add("--snapshot-at-shutdown", "snapshot_at_shutdown", snapshotAtShutdown.map { [$0] } ?? [])
    for pair in set {
      guard let equals = pair.firstIndex(of: "=") else {
        throw ValidationError("--set \(pair): expected KEY=VALUE")
      }
      add("--set", String(pair[..<equals]), [String(pair[pair.index(after: equals)...])])
    }
    return flags
  }

  /// Exit codes: 0 served and drained, 1 could not start or lost its arena, 2 flags or
  /// settings are wrong.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as SettingsError {
      StandardError.write("atomics-server: \(error)\n")
      exit(withError: ExitCode(2))
    } catch let error as ServerError {
      StandardError.write("atomics-server: \(error)\n")
      exit(withError: ExitCode(1))
    } catch {
      // Help and version arrive here too, as errors with code 0.
      if exitCode(for: error).isSuccess { exit(withError: error) }
      StandardError.write(fullMessage(for: error) + "\n")
      exit(withError: ExitCode(2))
    }
  }
}
