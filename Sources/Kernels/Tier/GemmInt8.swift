import CShim

/// int8 GEMM and implicit-GEMM convolution: Int32 sums inside a block, Float accumulation between blocks.
///
/// Tiles of up to `tileRows` output pixels and two vectors of output channels. Columns are the outer loop: a weight panel
/// stays in the cache while all rows of the task pass it.
@inline(never) public func gemmInt8(_ task: UnsafePointer<gemm_task>) {
  forEachTile(task) { row, rows, column, isWide in
    switch (rows, isWide) {
    #if TIER_AVX512VNNI
      case (11..., true): int8Tile(task, row, rows, column, InlineArray<12, VInt32>(repeating: .zero), true)
      case (9..., true): int8Tile(task, row, rows, column, InlineArray<10, VInt32>(repeating: .zero), true)
      case (7..., true): int8Tile(task, row, rows, column, InlineArray<8, VInt32>(repeating: .zero), true)
      case (11..., false): int8Tile(task, row, rows, column, InlineArray<12, VInt32>(repeating: .zero), false)
      case (7..., false): int8Tile(task, row, rows, column, InlineArray<10, VInt32>(repeating: .zero), false)
    #endif
    #if !TIER_SSE4
      case (5..., true): int8Tile(task, row, rows, column, InlineArray<6, VInt32>(repeating: .zero), true)
      case (5..., false): int8Tile(task, row, rows, column, InlineArray<6, VInt32>(repeating: .zero), false)
    #endif
    case (3..., true): int8Tile(task, row, rows, column, InlineArray<4, VInt32>(repeating: .zero), true)
    case (2, true): int8Tile(task, row, rows, column, InlineArray<2, VInt32>(repeating: .zero), true)
    case (_, true): int8Tile(task, row, rows, column, InlineArray<1, VInt32>(repeating: .zero), true)
    case (2..., false): int8Tile(task, row, rows, column, InlineArray<4, VInt32>(repeating: .zero), false)
    default: int8Tile(task, row, rows, column, InlineArray<1, VInt32>(repeating: .zero), false)
    }
  }
}

/// One tile: `R` rows, of which `rows` are stored, and one or two vectors of columns.
@inline(__always) private func int8Tile<let R: Int>(
  _ task: UnsafePointer<gemm_task>, _ row: Int, _ rows: Int, _ column: Int, _ zero: InlineArray<R, VInt32>,
  _ isWide: Bool
) {
  let task = task.pointee
  let weights = TileWeights(task, column, isWide)
  var w0 = weights.first
  var w1 = weights.second
  withTileRows(task, row, rows, zero) { activations, scaleIndex, sums in
    var block = 0
    var run = 0
    while run < task.run_count {
      // The shift of the activations, taken out before the block is summed.
      let shift0 = VInt32.zero &- weights.columnSums(task, block, 0) &* task.zero_point
      let shift1 = isWide ? VInt32.zero &- weights.columnSums(task, block, 1) &* task.zero_point : .zero
      var c0 = zero
      var c1 = zero
      var scaleOffset = 0
      while true {
        let current = task.runs[run]
        let bytes = current.groups * PackedGroup.bytes
        var k = current.offset
        let end = current.offset + bytes
        while k < end {
          let v0 = widen(w0.loadUnaligned(as: VInt32.self))
          let v1 = isWide ? widen(w1.loadUnaligned(as: VInt32.self)) : v0
          for r in 0..<R {
            let a = loadGroup(activations[r] + k)
            c0[r] = dot4(c0[r], a, v0)
            if isWide { c1[r] = dot4(c1[r], a, v1) }
          }
          k += PackedGroup.bytes
          w0 += 64
          w1 += 64
        }
        run += 1
        scaleOffset = current.scale
        if current.ends_block != 0 { break }
      }
      for r in 0..<R {
        let scale = VFloat(repeating: task.scales[scaleIndex[r] + scaleOffset])
        let sum = sums + r * tileColumns
        store(multiplyAdd(load(sum), toFloat(c0[r] &+ shift0), scale), sum)
        if isWide { store(multiplyAdd(load(sum + lanes), toFloat(c1[r] &+ shift1), scale), sum + lanes) }
      }
      block += 1
    }
    let channels0 = load(task.weight_scales + column)
    let channels1 = isWide ? load(task.weight_scales + column + lanes) : channels0
    finishTile(task, row, rows, column, isWide, sums, channels0, channels1)
  }
}

/// Bytes that one group of four activations takes.
private enum PackedGroup {
  @inline(__always) static var bytes: Int { 4 * MemoryLayout<Quantized>.size }
}
