import CShim

#if arch(x86_64)
  import _Builtin_intrinsics.intel
#endif

/// bf16 GEMM and implicit-GEMM convolution over bf16 pairs `[panels][2 * groups][16][2]`; sums, bias, residual and output are
/// Float.
@inline(never) public func gemmBFloat16(_ task: UnsafePointer<gemm_task>) {
  require_gemm(task)
  #if arch(arm64)
    let height = 4
  #else
    let height = tileRows
  #endif
  forEachTile(task, height: height) { tile in
    switch (tile.rows, tile.is_wide != 0) {
    #if TIER_AVX512VNNI
      case (7..., true): pairTile12x2(task, tile)
      case (7..., false): pairTile12x1(task, tile)
    #endif
    #if TIER_AVX2
      case (5..., true): pairTile5x2(task, tile)
      case (5..., false): pairTile5x1(task, tile)
    #elseif TIER_AVXVNNI || TIER_AVX512VNNI
      case (5..., true): pairTile6x2(task, tile)
      case (5..., false): pairTile6x1(task, tile)
    #endif
    case (2..., true): pairTile4x2(task, tile)
    case (_, true): pairTile1x2(task, tile)
    default: pairTile4x1(task, tile)
    }
  }
}

#if TIER_AVX512VNNI
  @inline(never) private func pairTile12x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 12, true)
  }
  @inline(never) private func pairTile12x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 12, false)
  }
#endif
#if TIER_AVX2
  @inline(never) private func pairTile5x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 5, true)
  }
  @inline(never) private func pairTile5x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 5, false)
  }
#elseif TIER_AVXVNNI || TIER_AVX512VNNI
  @inline(never) private func pairTile6x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 6, true)
  }
  @inline(never) private func pairTile6x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    pairTile(t, tile, 6, false)
  }
#endif
@inline(never) private func pairTile4x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  pairTile(t, tile, 4, true)
}
@inline(never) private func pairTile1x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  pairTile(t, tile, 1, true)
}
@inline(never) private func pairTile4x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  pairTile(t, tile, 4, false)
}

@inline(__always) private func pairTile(
  _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ height: Int, _ isWide: Bool
) {
  let task = task.pointee
  // A pair of bf16 is as large as one Float, and so is a panel's row of pairs.
  var w0 = weightsStart(task, tile.column)
  var w1 = isWide ? weightsStart(task, tile.column + lanes) : w0
  let rows = task.row_data + tile.row
  var c0 = repeated(VFloat.zero)
  var c1 = repeated(VFloat.zero)
  // Loops that test at their end: with `while`, the 24 sums of the largest tile are copied to the stack in every turn.
  var run = 0
  repeat {
    let current = task.runs[run]
    var k = current.offset
    let end = current.offset + (current.length + 1) / 2 * 4
    var v0 = w0
    var v1 = w1
    repeat {
      let weights0 = BFloat16Pairs(v0.loadUnaligned(as: VInt32.self))
      let weights1 = isWide ? BFloat16Pairs(v1.loadUnaligned(as: VInt32.self)) : weights0
      for r in 0..<height {
        let a = BFloat16Pairs(
          VInt32(repeating: (rows[r].activations + k).loadUnaligned(as: Int32.self)))
        c0[r] = multiplyAddPairs(c0[r], a, weights0)
        if isWide { c1[r] = multiplyAddPairs(c1[r], a, weights1) }
      }
      k += 4
      v0 += 64
      v1 += 64
    } while k < end
    w0 += current.groups * 2 * 64
    w1 += current.groups * 2 * 64
    run += 1
  } while run < task.run_count
  let bias0 = load(task.bias + tile.column)
  let bias1 = isWide ? load(task.bias + tile.column + lanes) : bias0
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  let isWhole = isWhole(task, tile, isWide)
  let second = secondVector(task, isWhole)
  for r in 0..<height {
    let output = outputRow(task, tile, rows[r], r, isWhole)
    let residual = rows[r].residual + task.residual_step * tile.column
    store(clamp(c0[r] + bias0 + load(residual), lower, upper), output)
    if isWide { store(clamp(c1[r] + bias1 + load(residual + lanes), lower, upper), output + second) }
  }
  copyPartialTile(task, tile, isWide)
}

#if TIER_AVX512BF16
  /// Two bf16 a lane, as the dot product takes them.
  private struct BFloat16Pairs {
    let bits: VInt32
    @_transparent init(_ bits: VInt32) { self.bits = bits }
  }

  @_transparent private func multiplyAddPairs(_ sum: VFloat, _ a: BFloat16Pairs, _ b: BFloat16Pairs) -> VFloat {
    unsafeBitCast(
      shim_dot_bf16(
        unsafeBitCast(sum, to: __m512.self), unsafeBitCast(a.bits, to: __m512i.self),
        unsafeBitCast(b.bits, to: __m512i.self)), to: VFloat.self)
  }
#else
  /// Two bf16 a lane, widened: the first is the lower half.
  private struct BFloat16Pairs {
    let first, second: VFloat
    @_transparent init(_ bits: VInt32) {
      first = unsafeBitCast(bits &<< 16, to: VFloat.self)
      second = unsafeBitCast(bits & VInt32(repeating: -65536), to: VFloat.self)
    }
  }

  @_transparent private func multiplyAddPairs(_ sum: VFloat, _ a: BFloat16Pairs, _ b: BFloat16Pairs) -> VFloat {
    multiplyAdd(multiplyAdd(sum, a.first, b.first), a.second, b.second)
  }
#endif

#if TIER_AVX512VNNI
  private typealias VHalves = SIMD16<Int16>
#elseif TIER_AVX2 || TIER_AVXVNNI
  private typealias VHalves = SIMD8<Int16>
#else
  private typealias VHalves = SIMD4<Int16>
#endif

/// Rounds to the nearest bf16, ties to even; what is not a number stays so.
@inline(never) public func roundToBFloat16(
  _ input: UnsafePointer<Float>, output: UnsafeMutablePointer<UInt16>, count: Int
) {
  var i = 0
  while i + lanes <= count {
    let bits = unsafeBitCast(load(input + i), to: VInt32.self)
    let even = (bits &>> 16) & VInt32(repeating: 1)
    let rounded = (bits &+ VInt32(repeating: 0x7FFF) &+ even) &>> 16
    let quiet = (bits &>> 16) | VInt32(repeating: 0x40)
    let isNumber = (bits & VInt32(repeating: 0x7FFF_FFFF)) .<= VInt32(repeating: 0x7F80_0000)
    let result = quiet.replacing(with: rounded, where: isNumber)
    var halves = VHalves()
    for lane in 0..<lanes { halves[lane] = Int16(truncatingIfNeeded: result[lane]) }
    UnsafeMutableRawPointer(output + i).storeBytes(of: halves, as: VHalves.self)
    i += lanes
  }
  while i < count {
    let bits = input[i].bitPattern
    let isNumber = bits & 0x7FFF_FFFF <= 0x7F80_0000
    output[i] = UInt16(truncatingIfNeeded: isNumber ? (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 : bits >> 16 | 0x40)
    i += 1
  }
}
