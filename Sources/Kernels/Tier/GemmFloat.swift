import CShim

/// Float GEMM and implicit-GEMM convolution over Float panels `[panels][4 * groups][16]`.
@inline(never) public func gemmFloat(_ task: UnsafePointer<gemm_task>) {
  forEachTile(task) { tile, isWide in
    switch (tile.rows, isWide) {
    #if TIER_AVX512VNNI
      case (7..., true): floatTile(task, tile, InlineArray<12, VFloat>.self, true)
      case (7..., false): floatTile(task, tile, InlineArray<12, VFloat>.self, false)
    #endif
    #if !TIER_SSE4
      case (5..., true): floatTile(task, tile, InlineArray<6, VFloat>.self, true)
      case (5..., false): floatTile(task, tile, InlineArray<6, VFloat>.self, false)
    #endif
    case (2..., true): floatTile(task, tile, InlineArray<4, VFloat>.self, true)
    case (_, true): floatTile(task, tile, InlineArray<1, VFloat>.self, true)
    default: floatTile(task, tile, InlineArray<4, VFloat>.self, false)
    }
  }
}

@inline(__always) private func floatTile<let R: Int>(
  _ task: UnsafePointer<gemm_task>, _ tile: Tile, _: InlineArray<R, VFloat>.Type, _ isWide: Bool
) {
  let task = task.pointee
  let weights = TileWeights(task, tile.column, isWide)
  var w0 = weights.first
  var w1 = weights.second
  tile.locateRows(task, R)
  var c0 = InlineArray<R, VFloat>(repeating: .zero)
  var c1 = InlineArray<R, VFloat>(repeating: .zero)
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
        let a = VFloat(repeating: (tile.activations[r] + k).loadUnaligned(as: Float.self))
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
    store(c0[r], tile.sums + r * tileColumns)
    if isWide { store(c1[r], tile.sums + r * tileColumns + lanes) }
  }
  finishTile(task, tile, isWide, VFloat(repeating: 1), VFloat(repeating: 1))
}
