/// Widens `count` IEEE 754 binary16 values. Exact, subnormals and NaN payloads included; `source` may be unaligned.
///
/// Integer arithmetic in place of `Float(Float16)`: that is a library call on x86-64 without F16C.
package func widenHalf(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
  for i in 0..<count {
    let half = UInt32(source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
    let magnitude = half & 0x7FFF
    let sign = (half & 0x8000) << 16
    // Rebias the exponent from 15 to 127; infinity and NaN move on to 255.
    let normal = (magnitude << 13) &+ (magnitude >= 0x7C00 ? 0x7000_0000 : 0x3800_0000)
    // A subnormal is its significand in units of 2^-24.
    let subnormal = (Float(Int32(bitPattern: magnitude & 0x3FF)) * 0x1p-24).bitPattern
    target[i] = Float(bitPattern: sign | (magnitude < 0x0400 ? subnormal : normal))
  }
}

/// Widens `count` bfloat16 values: the upper halves of Floats. Exact; `source` may be unaligned.
package func widenBFloat16(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
  for i in 0..<count {
    target[i] = Float(bitPattern: UInt32(source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)) << 16)
  }
}
