// SPDX-License-Identifier: Apache-2.0
import AtomicsServer
import Logging
import RegisterService
import Settings

/// The access file, read at the start and again whenever the rules are to be replaced.
struct AccessRulesFile: Sendable {
  let path: String
  let logger: Logger

  /// - Throws: ``SettingsError`` with line and column.
  func load() throws(SettingsError) -> AccessRules {
    let words = AccessWords(
      isPrefix: { RegisterService.isPrefixOfNames($0) }, user: { Server.user(named: $0) },
      group: { Server.group(named: $0) })
    let rules = AccessRules(try AccessFile(at: path, words))
    if rules.isEmpty {
      logger.warning(
        "the access file names nobody: only its own user and root may do anything, over a socket",
        metadata: ["file": "\(path)"])
    }
    return rules
  }

  /// Puts what the file says now in force; where it is wrong, what was in force stays.
  func reload(into server: Server) {
    do throws(SettingsError) {
      server.replaceAccess(with: try load())
      logger.notice("access rules replaced", metadata: ["file": "\(path)"])
    } catch {
      logger.error("access rules left as they were", metadata: ["reason": "\(error)"])
    }
  }
}

extension AccessRules {
  convenience init(_ file: AccessFile) {
    self.init(
      file.principals.map { principal in
        Principal(
          name: principal.name, tokenDigests: principal.tokenDigests,
          certificates: principal.certificates, users: principal.users, groups: principal.groups,
          grants: principal.grants.map { ($0.prefix, Rights($0.rights)) })
      })
  }
}

extension Rights {
  /// Who may change a value hears it, so operating is reading too.
  fileprivate init(_ rights: Set<AccessFile.Right>) {
    self = rights.reduce(into: []) { sum, right in
      switch right {
      case .read: sum.insert(.read)
      case .operate: sum.formUnion([.operate, .read])
      case .create: sum.insert(.create)
      case .delete: sum.insert(.delete)
      case .administer: sum.insert(.administer)
      }
    }
  }
}
