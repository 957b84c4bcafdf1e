// SPDX-License-Identifier: Apache-2.0

public import EventLoop

/// Why a server did not start, or ended without being asked to.
public enum ServerError: Error, Equatable {
  /// The arena cannot be served; the text says what is in the way.
  case arena(String)
  /// Somebody removed the arena under the running server.
  case arenaRemoved(reason: String, rescue: Rescue)
  /// Snapshots are on, and there is no place for them.
  case noSnapshotDirectory
  case network(EventLoopError)
  /// An address beyond loopback lacks what protects it: whoever reaches it may do what write
  /// permission on the arena's `val` permits, or may read what others send.
  case exposed(address: String, missing: Protection)
  /// A certificate, key or authority cannot be used; the text says which file and why.
  case tls(String)
  /// The access log cannot be written; the text says why.
  case accessLog(String)
  /// The process may have fewer open files than a server with a few connections needs.
  case tooFewDescriptors(limit: Int, needed: Int)
  /// Neither a TCP nor a Unix address was given.
  case noAddress

  /// What an address beyond loopback needs.
  public enum Protection: Equatable, Sendable {
    case encryption, authentication, both
  }

  /// What became of the registers of an arena that was removed.
  public enum Rescue: Equatable, Sendable {
    /// They are in the snapshot at `path`; whether the next start restores it by itself to the
    /// arena at `arena`.
    case saved(path: String, arena: String, restoredAtStart: Bool)
    /// They are lost, and why.
    case failed(String)
  }
}

extension ServerError: CustomStringConvertible {
  /// One sentence: what was wrong, and what to do.
  public var description: String {
    switch self {
    case .arena(let reason): reason
    case .arenaRemoved(let reason, let rescue):
      "\(reason); where a user logged out, logind may have done it (RemoveIPC=yes): "
        + "`loginctl enable-linger USER` prevents that, and so does an arena under /run; \(rescue)"
    case .noSnapshotDirectory:
      "there is no directory for snapshots: set snapshot_directory (--snapshot-directory)"
    case .network(let error): "\(error)"
    case .exposed(let address, let missing):
      "\(address) is not a loopback address and is without \(missing): anyone who reaches it could "
        + "read or change what is not theirs; \(missing.remedy), listen on 127.0.0.1, [::1] or a "
        + "unix: path, or say --insecure"
    case .tls(let reason): reason
    case .accessLog(let reason): "there is no access log: \(reason); see access_log"
    case .tooFewDescriptors(let limit, let needed):
      "the process may have \(limit) open files, and the server needs \(needed) at least: raise the "
        + "limit (ulimit -n, LimitNOFILE=)"
    case .noAddress: "the server has no address to listen on"
    }
  }
}

extension ServerError.Protection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .encryption: "TLS"
    case .authentication: "authentication"
    case .both: "TLS and authentication"
    }
  }

  /// What to do about it.
  fileprivate var remedy: String {
    let certificate = "give a certificate (--tls-certificate FILE, --tls-key FILE)"
    let identity =
      "say who may do what (--access FILE) or require client certificates (--tls-client-ca FILE, "
      + "--tls-client-certificates required)"
    return switch self {
    case .encryption: certificate
    case .authentication: identity
    case .both: "\(certificate), \(identity)"
    }
  }
}

extension ServerError.Rescue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .saved(let path, _, true): "the registers are in \(path), which the next start restores"
    case .saved(let path, let arena, false):
      "the registers are in \(path): bring them back with "
        + "`\(Self.command(restoring: path, arena: arena))`"
    case .failed(let reason): "the registers could not be saved: \(reason)"
    }
  }

  /// What a person types to bring the registers in `file` back.
  static func command(restoring file: String, arena: String) -> String {
    "atomics-client snapshot restore \(file) --server shm:\(arena)"
  }
}
