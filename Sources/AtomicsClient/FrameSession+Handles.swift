// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import WireProtocol

/// Handles: one for each register that was found, given back when the register is gone.
///
/// The server gives the number of a handle that came back to another register. References that
/// still hold it must not follow:
///
///     x, generation 4 ──▶ handle 7, deleted ──▶ CLOSE 7 ──▶ y, generation 9 ──▶ handle 7
///                                              reused[7]: none       reused[7]: generation 9
extension FrameSession {
  /// How a frame names its register.
  enum Target {
    case handle(UInt32)
    case name
    /// It was deleted: its handle was given back.
    case gone
  }

  func target(_ register: RegisterReference) -> Target {
    if case .remote(connection, let handle) = register.place {
      guard !reused.isEmpty, let meaning = reused[handle] else { return .handle(handle) }
      return meaning == register.identity ? .handle(handle) : .gone
    }
    // One that tells no generation goes by its name, and so by what has that name.
    guard case .remote(_, let handle)? = handles[register.name]?.place else { return .name }
    return .handle(handle)
  }

  /// The reply to a command on a register that is gone.
  func refuse(_ register: RegisterReference, _ ticket: UInt64) {
    replies.append(
      SessionReply(ticket: ticket, result: .failure(.notFound(name: register.name))))
  }

  /// The name has no register, or another one than was known.
  func forget(name: String) {
    guard let known = handles.removeValue(forKey: name), case .remote(_, let handle) = known.place
    else { return }
    surplusHandles.append(handle)
    reused[handle] = .some(nil)
  }

  /// The register is gone: the next request opens whatever has its name then.
  func forget(_ register: RegisterReference) {
    guard let known = handles[register.name],
      register.isSame(generation: known.generation, slot: known.slot)
    else { return }
    forget(name: register.name)
  }

  /// Takes note of a handle that the server gave.
  func opened(
    _ name: String, _ header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) -> RegisterReference {
    let opened = try ControlFrame.readOpened(header: header, body: body)
    let register = RegisterReference(
      name: name, type: opened.type, generation: opened.generation,
      place: .remote(connection: connection, handle: opened.handle), slot: opened.slot,
      arena: arena)
    if let known = handles[name], known.identity == register.identity, known.type == register.type,
      case .remote(_, let handle) = known.place
    {
      // References that exist keep their handle.
      if handle != opened.handle { surplusHandles.append(opened.handle) }
      return known
    }
    forget(name: name)
    if reused[opened.handle] != nil { reused[opened.handle] = register.identity }
    handles[name] = register
    return register
  }

  /// Takes note of a handle that nobody asked for.
  func openedInVain(
    _ name: String, _ header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) {
    let handle = try ControlFrame.readOpened(header: header, body: body).handle
    if case .remote(_, handle)? = handles[name]?.place { return }
    surplusHandles.append(handle)
  }

  /// Gives back handles that nobody may use any more.
  func closeSurplusHandles(into output: inout OutputBuffer) {
    for handle in surplusHandles {
      output.append(
        contentsOf: ControlFrame.request(.close, handle: handle, sequence: expectSilent(.close)))
    }
    surplusHandles.removeAll()
  }
}
