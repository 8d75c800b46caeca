import CShim

/// int8 GEMM and implicit-GEMM convolution: Int32 sums inside a block, Float accumulation between blocks.
///
/// Tiles of up to `tileRows` output pixels and two vectors of output channels. Columns are the outer loop: a weight panel
/// stays in the cache while all rows of the task pass it.
@inline(never) public func gemmInt8(_ task: UnsafePointer<gemm_task>) {
  forEachTile(task) { tile, isWide in
    switch (tile.rows, isWide) {
    #if TIER_AVX512VNNI
      case (11..., true): int8Tile(task, tile, InlineArray<12, VInt32>.self, true)
      case (9..., true): int8Tile(task, tile, InlineArray<10, VInt32>.self, true)
      case (7..., true): int8Tile(task, tile, InlineArray<8, VInt32>.self, true)
      case (11..., false): int8Tile(task, tile, InlineArray<12, VInt32>.self, false)
      case (7..., false): int8Tile(task, tile, InlineArray<10, VInt32>.self, false)
    #endif
    #if !TIER_SSE4
      case (5..., true): int8Tile(task, tile, InlineArray<6, VInt32>.self, true)
      case (5..., false): int8Tile(task, tile, InlineArray<6, VInt32>.self, false)
    #endif
    case (3..., true): int8Tile(task, tile, InlineArray<4, VInt32>.self, true)
    case (2, true): int8Tile(task, tile, InlineArray<2, VInt32>.self, true)
    case (_, true): int8Tile(task, tile, InlineArray<1, VInt32>.self, true)
    case (2..., false): int8Tile(task, tile, InlineArray<4, VInt32>.self, false)
    default: int8Tile(task, tile, InlineArray<1, VInt32>.self, false)
    }
  }
}

/// One tile: `R` rows, of which `rows` are stored, and one or two vectors of columns.
@inline(__always) private func int8Tile<let R: Int>(
  _ task: UnsafePointer<gemm_task>, _ tile: Tile, _: InlineArray<R, VInt32>.Type, _ isWide: Bool
) {
  let task = task.pointee
  let weights = TileWeights(task, tile.column, isWide)
  var w0 = weights.first
  var w1 = weights.second
  tile.locateRows(task, R)
  var block = 0
  var run = 0
  while run < task.run_count {
    // The shift of the activations is taken out before the block is summed.
    let shift0 = VInt32.zero &- weights.columnSums(task, block, 0) &* task.zero_point
    let shift1 = isWide ? VInt32.zero &- weights.columnSums(task, block, 1) &* task.zero_point : .zero
    var c0 = InlineArray<R, VInt32>(repeating: .zero)
    var c1 = InlineArray<R, VInt32>(repeating: .zero)
    var scaleOffset = 0
    while true {
      let current = task.runs[run]
      var k = current.offset
      let end = current.offset + current.groups * groupBytes
      while k < end {
        let v0 = widen(w0.loadUnaligned(as: VInt32.self))
        let v1 = isWide ? widen(w1.loadUnaligned(as: VInt32.self)) : v0
        for r in 0..<R {
          let a = loadGroup(tile.activations[r] + k)
          c0[r] = dot4(c0[r], a, v0)
          if isWide { c1[r] = dot4(c1[r], a, v1) }
        }
        k += groupBytes
        w0 += 64
        w1 += 64
      }
      run += 1
      scaleOffset = current.scale
      if current.ends_block != 0 { break }
    }
    // The first block stores, the others add: two loops, because a test per row costs as much as the row.
    if block == 0 {
      for r in 0..<R {
        let scale = VFloat(repeating: task.scales[tile.scaleIndex[r] + scaleOffset])
        let sum = tile.sums + r * tileColumns
        store(toFloat(c0[r] &+ shift0) * scale, sum)
        if isWide { store(toFloat(c1[r] &+ shift1) * scale, sum + lanes) }
      }
    } else {
      for r in 0..<R {
        let scale = VFloat(repeating: task.scales[tile.scaleIndex[r] + scaleOffset])
        let sum = tile.sums + r * tileColumns
        store(multiplyAdd(load(sum), toFloat(c0[r] &+ shift0), scale), sum)
        if isWide { store(multiplyAdd(load(sum + lanes), toFloat(c1[r] &+ shift1), scale), sum + lanes) }
      }
    }
    block += 1
  }
  let scale0 = load(task.weight_scales + tile.column)
  let scale1 = isWide ? load(task.weight_scales + tile.column + lanes) : scale0
  finishTile(task, tile, isWide, scale0, scale1)
}

/// Bytes that one group of four activations takes.
@inline(__always) private var groupBytes: Int { 4 * MemoryLayout<Quantized>.size }
