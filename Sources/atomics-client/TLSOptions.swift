// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Settings

/// What `atrs://` and `https://` need besides the address.
struct TLSOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Roots that the server's certificate must lead to (PEM).",
      discussion:
        "Without it: $\(ClientSettings.tlsCAEnvironmentName), else those that the system trusts.",
      valueName: "file"))
  var tlsCA: String?

  @Option(
    help: ArgumentHelp(
      "Certificate to show to a server that asks (PEM).",
      discussion: "Without it: $\(ClientSettings.tlsCertificateEnvironmentName).",
      valueName: "file"))
  var tlsCertificate: String?

  @Option(
    help: ArgumentHelp(
      "Private key of that certificate (PEM).",
      discussion:
        "Without it: $\(ClientSettings.tlsKeyEnvironmentName), else it is in the same file.",
      valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "Name that the server's certificate must be for.",
      discussion:
        "Without it: $\(ClientSettings.tlsServerNameEnvironmentName), else the address's host.",
      valueName: "name"))
  var tlsServerName: String?

  @Flag(help: "Take any server for the one asked for: for trying things out.")
  var tlsInsecure = false

  var settings: ClientSettings.TLS {
    ClientSettings.TLS(
      ca: tlsCA, certificate: tlsCertificate, key: tlsKey, serverName: tlsServerName)
  }

  /// One of those that are given, as it is written.
  var firstGiven: String? {
    let given: [(String, Bool)] = [
      ("--tls-ca", tlsCA != nil), ("--tls-certificate", tlsCertificate != nil),
      ("--tls-key", tlsKey != nil), ("--tls-server-name", tlsServerName != nil),
      ("--tls-insecure", tlsInsecure),
    ]
    return given.first { $0.1 }?.0
  }

  /// With what the environment says where no option does.
  func configuration(_ settings: ClientSettings) -> ClientTLS {
    ClientTLS(
      authorityPath: settings.tls.ca, certificatePath: settings.tls.certificate,
      keyPath: settings.tls.key, serverName: settings.tls.serverName,
      trustsAnyServer: tlsInsecure)
  }
}
