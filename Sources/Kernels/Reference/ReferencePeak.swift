extension Reference {
  /// One multiplication after the other, as the scalar kernels do them.
  static func peakInt8(
    _ iterations: Int, _ operands: UnsafeRawPointer, _ result: UnsafeMutablePointer<Int32>
  ) -> Int {
    var sum: Int32 = 0
    for i in 0..<iterations {
      sum &+= Int32(operands.load(fromByteOffset: i & 63, as: UInt8.self)) * Int32(operands.load(as: Int8.self))
    }
    result.pointee = sum
    return iterations
  }

  static func peakFloat(
    _ iterations: Int, _ operands: UnsafeRawPointer, _ result: UnsafeMutablePointer<Float>
  ) -> Int {
    var sum: Float = 0
    for i in 0..<iterations { sum += operands.load(fromByteOffset: 4 * (i & 15), as: Float.self) }
    result.pointee = sum
    return iterations
  }

  static func readMemory(_ memory: UnsafeRawPointer, _ bytes: Int) -> Int32 {
    var union: Int32 = 0
    for offset in stride(from: 0, to: bytes & ~3, by: 4) {
      union |= memory.load(fromByteOffset: offset, as: Int32.self)
    }
    return union
  }
}
