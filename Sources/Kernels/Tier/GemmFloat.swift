import CShim

/// Float GEMM and implicit-GEMM convolution over Float panels `[panels][4 * groups][16]`.
@inline(never) public func gemmFloat(_ task: UnsafePointer<gemm_task>) {
  forEachTile(task) { row, rows, column, isWide in
    switch (rows, isWide) {
    #if TIER_AVX512VNNI
      case (7..., true): floatTile(task, row, rows, column, InlineArray<12, VFloat>(repeating: .zero), true)
      case (7..., false): floatTile(task, row, rows, column, InlineArray<12, VFloat>(repeating: .zero), false)
    #endif
    #if !TIER_SSE4
      case (5..., true): floatTile(task, row, rows, column, InlineArray<6, VFloat>(repeating: .zero), true)
      case (5..., false): floatTile(task, row, rows, column, InlineArray<6, VFloat>(repeating: .zero), false)
    #endif
    case (2..., true): floatTile(task, row, rows, column, InlineArray<4, VFloat>(repeating: .zero), true)
    case (_, true): floatTile(task, row, rows, column, InlineArray<1, VFloat>(repeating: .zero), true)
    default: floatTile(task, row, rows, column, InlineArray<4, VFloat>(repeating: .zero), false)
    }
  }
}

@inline(__always) private func floatTile<let R: Int>(
  _ task: UnsafePointer<gemm_task>, _ row: Int, _ rows: Int, _ column: Int, _ zero: InlineArray<R, VFloat>,
  _ isWide: Bool
) {
  let task = task.pointee
  let weights = TileWeights(task, column, isWide)
  var w0 = weights.first
  var w1 = weights.second
  withTileRows(task, row, rows, zero) { activations, _, sums in
    var c0 = zero
    var c1 = zero
    for run in 0..<task.run_count {
      let current = task.runs[run]
      var k = current.offset
      let end = current.offset + current.length * MemoryLayout<Float>.size
      var v0 = w0
      var v1 = w1
      while k < end {
        let weights0 = v0.loadUnaligned(as: VFloat.self)
        let weights1 = isWide ? v1.loadUnaligned(as: VFloat.self) : weights0
        for r in 0..<R {
          let a = VFloat(repeating: (activations[r] + k).loadUnaligned(as: Float.self))
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
    for r in 0..<R {
      store(c0[r], sums + r * tileColumns)
      if isWide { store(c1[r], sums + r * tileColumns + lanes) }
    }
    finishTile(task, row, rows, column, isWide, sums, VFloat(repeating: 1), VFloat(repeating: 1))
  }
}
