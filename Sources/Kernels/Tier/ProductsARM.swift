// The integer products of the ARM tiers. Levels of activations are -128...127, weights -127...127.

import CShim
import _Builtin_intrinsics.arm.neon

@inline(__always) private func loadBytes(_ p: UnsafeRawPointer) -> int8x16_t {
  p.loadUnaligned(as: int8x16_t.self)
}

/// The products of one group of four activations, in every lane of four columns.
@inline(__always) private func broadcast(_ group: Int32) -> int8x16_t { vreinterpretq_s8_s32(VInt32(repeating: group)) }

#if TIER_NEON
  /// Adds the products of one group. The two halves of `w` hold two columns each.
  @inline(__always) private func add(_ sum: inout VSum, _ a: int8x16_t, _ w: int8x16_t) {
    let sums = unsafeBitCast(sum, to: (VInt32, VInt32).self)
    sum = unsafeBitCast(
      (
        vpadalq_s16(sums.0, vmull_s8(vget_low_s8(a), vget_low_s8(w))),
        vpadalq_s16(sums.1, vmull_high_s8(a, w))
      ), to: VSum.self)
  }

  /// Adds the products of two groups. Two products fit 16 bits: 2 * 128 * 127 < 2^15.
  @inline(__always) private func add(
    _ sum: inout VSum, _ a0: int8x16_t, _ a1: int8x16_t, _ w0: int8x16_t, _ w1: int8x16_t
  ) {
    let sums = unsafeBitCast(sum, to: (VInt32, VInt32).self)
    let low = vmlal_s8(vmull_s8(vget_low_s8(a0), vget_low_s8(w0)), vget_low_s8(a1), vget_low_s8(w1))
    let high = vmlal_high_s8(vmull_high_s8(a0, w0), a1, w1)
    sum = unsafeBitCast((vpadalq_s16(sums.0, low), vpadalq_s16(sums.1, high)), to: VSum.self)
  }

  /// Adds the products of one run to the sums of `height` rows and one or two vectors of columns.
  @inline(__always) func addProducts(
    to c0: inout Accumulators<VSum>, _ c1: inout Accumulators<VSum>, _ rows: UnsafePointer<gemm_row>,
    _ run: gemm_run, _ panel: UnsafeRawPointer, _ height: Int, _ isWide: Bool
  ) {
    var w = panel + run.weights
    var k = run.offset
    let pairsEnd = run.offset + run.groups / 2 * 8
    while k < pairsEnd {
      let (w00, w10) = (loadBytes(w), loadBytes(w + 64))
      let (w01, w11) = isWide ? (loadBytes(w + 16), loadBytes(w + 80)) : (w00, w10)
      for r in 0..<height {
        let a = (rows[r].activations + k).loadUnaligned(as: SIMD2<Int32>.self)
        let (a0, a1) = (broadcast(a[0]), broadcast(a[1]))
        add(&c0[r], a0, a1, w00, w10)
        if isWide { add(&c1[r], a0, a1, w01, w11) }
      }
      k += 8
      w += 128
    }
    if run.groups & 1 != 0 {
      let w0 = loadBytes(w)
      let w1 = isWide ? loadBytes(w + 16) : w0
      for r in 0..<height {
        let a = broadcast((rows[r].activations + k).loadUnaligned(as: Int32.self))
        add(&c0[r], a, w0)
        if isWide { add(&c1[r], a, w1) }
      }
    }
  }

  /// Products that one step of the register-only loop adds up.
  @inline(__always) var peakProducts: Int { 32 }

  /// One step of the register-only loop; `sum` is an operand too, so that the product cannot be hoisted out of the loop.
  @inline(__always) func peakStep(_ sum: VSum, _ w: VInt32) -> VSum {
    var sum = sum
    let a = vreinterpretq_s8_s32(unsafeBitCast(sum, to: (VInt32, VInt32).self).0)
    add(&sum, a, a, vreinterpretq_s8_s32(w), vreinterpretq_s8_s32(w))
    return sum
  }
#else
  /// Adds the products of one run to the sums of `height` rows and one or two vectors of columns.
  ///
  /// Four groups at a time: one load fetches a row's activations, which `sdot` takes by element.
  @inline(__always) func addProducts(
    to c0: inout Accumulators<VSum>, _ c1: inout Accumulators<VSum>, _ rows: UnsafePointer<gemm_row>,
    _ run: gemm_run, _ panel: UnsafeRawPointer, _ height: Int, _ isWide: Bool
  ) {
    var w = panel + run.weights
    var k = run.offset
    let fours = run.offset + run.groups / 4 * 16
    let end = run.offset + run.groups * 4
    while k < fours {
      let w0: InlineArray<4, int8x16_t> = [loadBytes(w), loadBytes(w + 64), loadBytes(w + 128), loadBytes(w + 192)]
      let w1: InlineArray<4, int8x16_t> =
        isWide ? [loadBytes(w + 16), loadBytes(w + 80), loadBytes(w + 144), loadBytes(w + 208)] : w0
      for r in 0..<height {
        let a = (rows[r].activations + k).loadUnaligned(as: VInt32.self)
        for g in 0..<4 {
          c0[r] = vdotq_s32(c0[r], w0[g], broadcast(a[g]))
          if isWide { c1[r] = vdotq_s32(c1[r], w1[g], broadcast(a[g])) }
        }
      }
      k += 16
      w += 256
    }
    while k < end {
      let w0 = loadBytes(w)
      let w1 = isWide ? loadBytes(w + 16) : w0
      for r in 0..<height {
        let a = broadcast((rows[r].activations + k).loadUnaligned(as: Int32.self))
        c0[r] = vdotq_s32(c0[r], w0, a)
        if isWide { c1[r] = vdotq_s32(c1[r], w1, a) }
      }
      k += 4
      w += 64
    }
  }

  #if TIER_I8MM
    /// Products that one step of the register-only loop adds up.
    @inline(__always) var peakProducts: Int { 32 }

    /// One step of the register-only loop; `sum` is an operand too, so that the product cannot be hoisted out of the loop.
    @inline(__always) func peakStep(_ sum: VSum, _ w: VInt32) -> VSum {
      vmmlaq_s32(sum, vreinterpretq_s8_s32(sum), vreinterpretq_s8_s32(w))
    }
  #else
    @inline(__always) var peakProducts: Int { 16 }
    @inline(__always) func peakStep(_ sum: VSum, _ w: VInt32) -> VSum {
      vdotq_s32(sum, vreinterpretq_s8_s32(sum), vreinterpretq_s8_s32(w))
    }
  #endif
#endif
