import CShim

/// Float GEMM and implicit-GEMM convolution over Float panels `[panels][4 * groups][16]`.
@inline(never) public func gemmFloat(_ task: UnsafePointer<gemm_task>) {
  require_gemm(task)
  forEachTile(task, height: tileRows) { tile in
    switch (tile.rows, tile.is_wide != 0) {
    #if TIER_AVX512VNNI
      case (7..., true): floatTile12x2(task, tile)
      case (7..., false): floatTile12x1(task, tile)
    #endif
    #if TIER_DOTPROD || TIER_I8MM
      case (7..., true): floatTile8x2(task, tile)
      case (7..., false): floatTile8x1(task, tile)
    #endif
    #if TIER_AVX2
      case (5..., true): floatTile5x2(task, tile)
      case (5..., false): floatTile5x1(task, tile)
    #elseif !TIER_SSE4 && !TIER_NEON
      case (5..., true): floatTile6x2(task, tile)
      case (5..., false): floatTile6x1(task, tile)
    #endif
    case (2..., true): floatTile4x2(task, tile)
    case (_, true): floatTile1x2(task, tile)
    default: floatTile4x1(task, tile)
    }
  }
}

#if TIER_AVX512VNNI
  @inline(never) private func floatTile12x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 12, true)
  }
  @inline(never) private func floatTile12x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 12, false)
  }
#endif
#if TIER_DOTPROD || TIER_I8MM
  @inline(never) private func floatTile8x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 8, true)
  }
  @inline(never) private func floatTile8x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 8, false)
  }
#endif
#if TIER_AVX2
  @inline(never) private func floatTile5x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 5, true)
  }
  @inline(never) private func floatTile5x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 5, false)
  }
#elseif !TIER_SSE4 && !TIER_NEON
  @inline(never) private func floatTile6x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 6, true)
  }
  @inline(never) private func floatTile6x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    floatTile(t, tile, 6, false)
  }
#endif
@inline(never) private func floatTile4x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  floatTile(t, tile, 4, true)
}
@inline(never) private func floatTile1x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  floatTile(t, tile, 1, true)
}
@inline(never) private func floatTile4x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  floatTile(t, tile, 4, false)
}

@inline(__always) private func floatTile(
  _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ height: Int, _ isWide: Bool
) {
  let task = task.pointee
  var w0 = weightsStart(task, tile.column)
  var w1 = isWide ? weightsStart(task, tile.column + lanes) : w0
  let rows = task.row_data + tile.row
  var c0 = repeated(VFloat.zero)
  var c1 = repeated(VFloat.zero)
  for run in 0..<task.run_count {
    let current = task.runs[run]
    var k = current.offset
    let end = current.offset + current.length * MemoryLayout<Float>.size
    var v0 = w0
    var v1 = w1
    while k < end {
      let weights0 = v0.loadUnaligned(as: VFloat.self)
      let weights1 = isWide ? v1.loadUnaligned(as: VFloat.self) : weights0
      for r in 0..<height {
        let a = VFloat(repeating: (rows[r].activations + k).loadUnaligned(as: Float.self))
        c0[r] = multiplyAdd(c0[r], a, weights0)
        if isWide { c1[r] = multiplyAdd(c1[r], a, weights1) }
      }
      k += MemoryLayout<Float>.size
      v0 += 64
      v1 += 64
    }
    w0 += current.groups * 4 * 64
    w1 += current.groups * 4 * 64
  }
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
