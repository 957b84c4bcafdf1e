// SPDX-License-Identifier: Apache-2.0

extension ServerSettings {
  /// The environment variable that names the settings file.
  public static let fileEnvironmentName = "ATOMICS_CONFIG"

  /// A setting given on the command line, in the order given.
  public struct Flag: Sendable {
    /// As written, for messages: `--listen`, `--set`.
    public var name: String
    public var key: String
    public var value: String

    public init(name: String, key: String, value: String) {
      self.name = name
      self.key = key
      self.value = value
    }
  }

  /// Lays file, environment and flags over the defaults: flags win over the environment, which
  /// wins over the file. A list is replaced, never added to.
  ///
  /// - Parameter environment: Names that no setting has are left alone: others, such as
  ///   orchestrators, put names of their own beside ours.
  /// - Parameter file: The settings file; nil takes the one that `ATOMICS_CONFIG` names, if any.
  /// - Throws: The first thing wrong, with its place.
  public static func resolve(
    flags: [Flag], environment: [String: String], file: String? = nil
  ) throws(SettingsError) -> ServerSettings {
    var settings = ServerSettings()
    if let path = file ?? environment[fileEnvironmentName].flatMap({ $0.isEmpty ? nil : $0 }) {
      try SettingsLayer(fileAt: path).apply(to: &settings)
    }
    try SettingsLayer(environment: environment).apply(to: &settings)
    try SettingsLayer(flags: flags).apply(to: &settings)
    try settings.checkTogether()
    return settings
  }

  /// The defaults with a settings file's text laid over them.
  ///
  /// - Parameter name: Stands for the file's path in messages.
  public static func read(
    yaml: String, name: String = "settings"
  ) throws(SettingsError) -> ServerSettings {
    var settings = ServerSettings()
    try SettingsLayer(yaml: yaml, path: name).apply(to: &settings)
    try settings.checkTogether()
    return settings
  }

  /// What each setting alone cannot tell.
  private func checkTogether() throws(SettingsError) {
    if tlsCertificate != nil, tlsKey == nil {
      throw .incomplete(key: "tls_certificate", needs: "its private key, tls_key (--tls-key)")
    }
    if tlsKey != nil, tlsCertificate == nil {
      throw .incomplete(key: "tls_key", needs: "tls_certificate (--tls-certificate)")
    }
    if tlsClientCertificates != .none {
      let key = "tls_client_certificates"
      if tlsCertificate == nil {
        throw .incomplete(key: key, needs: "TLS, tls_certificate and tls_key")
      }
      if tlsClientCA == nil {
        throw .incomplete(key: key, needs: "their roots, tls_client_ca (--tls-client-ca)")
      }
    } else if tlsClientCA != nil {
      throw .incomplete(
        key: "tls_client_ca", needs: "tls_client_certificates, optional or required")
    }
  }

  /// The known key that is most like `key`, if any is near.
  static func suggestion(for key: String) -> String? {
    // Someone who left out the section means the member with that name.
    if let member = table.first(where: { $0.key.hasSuffix("." + key) }) { return member.key }
    if let near = EditDistance.nearest(to: key, in: table.map(\.key)) { return near }
    // Both at once: the section left out and the member misspelt.
    let members = table.map { String($0.key.split(separator: ".").last ?? "") }
    return EditDistance.nearest(to: key, in: members)
      .flatMap { near in table.first { $0.key.hasSuffix("." + near) }?.key }
  }
}

extension SettingsLayer {
  /// Reads the settings' environment variables; a list is separated by commas, with spaces around
  /// them or not. An empty variable sets nothing, as an unset one.
  init(environment: [String: String]) {
    for setting in ServerSettings.table {
      guard let text = environment[setting.environmentName], !text.isEmpty else { continue }
      let origin = SettingOrigin.environment(name: setting.environmentName)
      guard setting.isList else {
        append(text, to: setting.key, from: origin)
        continue
      }
      for item in text.split(separator: ",", omittingEmptySubsequences: false) {
        let start = item.drop { $0 == " " }
        let end = start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex
        append(String(start[..<end]), to: setting.key, from: origin)
      }
    }
  }

  init(flags: [ServerSettings.Flag]) throws(SettingsError) {
    for flag in flags {
      let origin = SettingOrigin.flag(name: flag.name)
      guard let setting = ServerSettings.row(flag.key) else {
        throw .unknown(
          origin, key: flag.key, suggestion: ServerSettings.suggestion(for: flag.key))
      }
      append(flag.value, to: setting.key, from: origin)
    }
  }
}
