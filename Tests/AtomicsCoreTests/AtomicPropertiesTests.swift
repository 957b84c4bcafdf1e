// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

/// What an atomic tells of itself.
@Suite struct AtomicPropertiesTests {
  @Test("supported operations are those of the table, sorted", arguments: RegisterType.all)
  func opsSupported(type: RegisterType) throws {
    let cell = try OwnedCell(type)
    let supported = cell.opsSupported
    #expect(supported.map(\.operation) == supported.map(\.operation).sorted())
    for name in OperationName.all {
      #expect(supported.contains(name) == name.operation.exists(on: type.kind), "\(name.name)")
    }
    let count = [AtomicKind.unsigned: 51, .signed: 51, .bytes: 33, .float: 17][type.kind]
    #expect(supported.count == count)
  }

  @Test("width, sign and whether it may be written")
  func properties() throws {
    let signed = OwnedAtomic<Int16>(-3)
    let (width, isSigned, isReadOnly) = (signed.width, signed.isSigned, signed.isReadOnly)
    #expect(width == .two && isSigned == true && !isReadOnly)
    let unsigned = try OwnedCell(byteCount: 8, kind: .unsigned).isSigned
    #expect(unsigned == false)
    let bytes = try OwnedCell(byteCount: 16, kind: .bytes).isSigned
    #expect(bytes == nil)
  }

  @Test("an atomic prints its kind, value and properties")
  func descriptions() throws {
    let memory = CellMemory()
    let view: AtomicInt<Int32> = memory.view(of: Int32.self)
    view.store(-9)
    #expect("\(view)" == "AtomicInt(value: -9, width: 4, readOnly: false, signed: true)")
    let cell = memory.cell(.named("bytes4"))
    #expect("\(cell)" == "AtomicBytes(value: f7ffffff, width: 4, readOnly: false)")
    let float = OwnedAtomic<Float>(0.1).description
    #expect(float == "AtomicFloat(value: 0.1, width: 4, readOnly: false)")
    let owned = try OwnedCell(.named("u128")).description
    #expect(owned == "AtomicUInt(value: 0, width: 16, readOnly: false, signed: false)")
    #expect(view.bytes() == [0xF7, 0xFF, 0xFF, 0xFF])
  }

  @Test("any atomic is known by its properties alone")
  func erased() {
    let memory = CellMemory()
    let view: AtomicUInt<UInt64> = memory.view(of: UInt64.self)
    let any = view.erased
    #expect(any.width == .eight && any.isSigned == false && !any.isReadOnly)
    #expect(any.opsSupported == view.opsSupported)
    #expect("\(any)" == "AnyAtomic(width: 8, readOnly: false)")
    #expect(any == memory.cell(.named("u64")).erased && any.erased == any)
    let existential: any AtomicProperties = view
    #expect(existential.width == .eight)
  }
}

/// Numbers and bytes as the bits that run-time operations take.
@Suite struct RegisterTypeValuesTests {
  @Test("an integer fits or is refused, never truncated or made unsigned")
  func integers() throws {
    let i8 = RegisterType.named("i8")
    #expect(try i8.bits(of: -128) == 0x80 && i8.bits(of: 127) == 127)
    for value in [128, -129, 1 << 20] {
      #expect(throws: ValueError.outOfRange(i8)) { try i8.bits(of: value) }
    }
    let u64 = RegisterType.named("u64")
    #expect(try u64.bits(of: UInt64.max) == UInt128(UInt64.max))
    #expect(throws: ValueError.outOfRange(u64)) { try u64.bits(of: -1) }
    #expect(throws: ValueError.outOfRange(u64)) { try u64.bits(of: UInt128(1) << 64) }
    let u128 = RegisterType.named("u128")
    #expect(try u128.bits(of: UInt128.max) == .max && u128.integer(of: .max) == nil)
    let i128 = RegisterType.named("i128")
    #expect(try i128.bits(of: Int128.min) == 1 << 127 && i128.integer(of: 1 << 127) == .min)
    #expect(throws: ValueError.outOfRange(i128)) { try i128.bits(of: UInt128.max) }
    #expect(i8.integer(of: 0xFF) == -1 && u64.integer(of: 5) == 5)
    let bytes = RegisterType.named("bytes2")
    #expect(throws: ValueError.malformed(bytes)) { try bytes.bits(of: 1) }
    #expect(bytes.integer(of: 1) == nil)
  }

  @Test("bytes are as many as the type is wide")
  func bytes() throws {
    let type = RegisterType.named("bytes4")
    let bytes: [UInt8] = [1, 2, 3, 0x84]
    let bits = try type.bits(ofBytes: bytes.span)
    #expect(bits == 0x8403_0201 && type.bytes(of: bits) == bytes)
    for count in [0, 3, 5, 16] {
      let wrong = [UInt8](repeating: 0, count: count)
      #expect(throws: ValueError.wrongByteCount(type, count: count)) {
        try type.bits(ofBytes: wrong.span)
      }
    }
    #expect(
      ValueError.wrongByteCount(type, count: 3).description
        == "a value of type bytes4 is 4 bytes, not 3")
  }

  @Test("a float fits exactly or is refused")
  func floats() throws {
    let (f32, f64) = (RegisterType.named("f32"), RegisterType.named("f64"))
    #expect(try f64.bits(of: 0.1) == UInt128((0.1).bitPattern))
    #expect(try f32.bits(of: 0.5) == UInt128(Float(0.5).bitPattern))
    #expect(throws: ValueError.outOfRange(f32)) { try f32.bits(of: 0.1) }
    #expect(throws: ValueError.outOfRange(f32)) { try f32.bits(of: 1e300) }
    #expect(throws: ValueError.malformed(.named("u32"))) {
      try RegisterType.named("u32").bits(of: 0.5)
    }
    #expect(try f32.bits(of: .infinity) == UInt128(Float.infinity.bitPattern))
    #expect(try f32.bits(of: .nan) == UInt128(Float.nan.bitPattern))
  }
}
