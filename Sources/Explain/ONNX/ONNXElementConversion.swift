extension ONNXElementType {
  /// Converts `count` elements, little-endian, to Float; `source` may be unaligned.
  ///
  /// - Precondition: `byteCount` is not nil.
  func widen(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    switch self {
    case .float:
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * MemoryLayout<Float>.size)
    case .float16: widenHalf(source, count: count, into: target)
    case .bfloat16: widenBFloat16(source, count: count, into: target)
    case .double: for i in 0..<count { target[i] = Float(source.element(i, as: Double.self)) }
    case .bool: for i in 0..<count { target[i] = source.element(i, as: UInt8.self) == 0 ? 0 : 1 }
    case .int8: widen(source, Int8.self, count, target)
    case .uint8: widen(source, UInt8.self, count, target)
    case .int16: widen(source, Int16.self, count, target)
    case .uint16: widen(source, UInt16.self, count, target)
    case .int32: widen(source, Int32.self, count, target)
    case .uint32: widen(source, UInt32.self, count, target)
    case .int64: widen(source, Int64.self, count, target)
    case .uint64: widen(source, UInt64.self, count, target)
    default: preconditionFailure("elements of \(name) are not read")
    }
  }

  /// An element of an integer type or BOOL; nil where it does not fit an `Int`.
  func integer(_ source: UnsafeRawPointer, at index: Int) -> Int? {
    switch self {
    case .bool: source.element(index, as: UInt8.self) == 0 ? 0 : 1
    case .int8: Int(source.element(index, as: Int8.self))
    case .uint8: Int(source.element(index, as: UInt8.self))
    case .int16: Int(source.element(index, as: Int16.self))
    case .uint16: Int(source.element(index, as: UInt16.self))
    case .int32: Int(source.element(index, as: Int32.self))
    case .uint32: Int(source.element(index, as: UInt32.self))
    case .int64: Int(source.element(index, as: Int64.self))
    case .uint64: Int(exactly: source.element(index, as: UInt64.self))
    default: preconditionFailure("elements of \(name) are no whole numbers")
    }
  }

  /// The bits of an element that `int32_data` states as `number`; nil where the number does not fit the type.
  func bits(_ number: Int32) -> UInt64? {
    switch self {
    case .bool: number == 0 ? 0 : 1
    case .int8: Int8(exactly: number).map { UInt64(UInt8(bitPattern: $0)) }
    case .uint8: UInt8(exactly: number).map(UInt64.init)
    case .int16: Int16(exactly: number).map { UInt64(UInt16(bitPattern: $0)) }
    case .uint16, .float16, .bfloat16: UInt16(exactly: number).map(UInt64.init)
    default: UInt64(UInt32(truncatingIfNeeded: number))
    }
  }

  private func widen<Element: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawPointer, _: Element.Type, _ count: Int, _ target: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count { target[i] = Float(source.element(i, as: Element.self)) }
  }
}

extension UnsafeRawPointer {
  fileprivate func element<Element: BitwiseCopyable>(_ index: Int, as _: Element.Type) -> Element {
    loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
  }
}
