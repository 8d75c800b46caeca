import CShim

/// int8 GEMM and implicit-GEMM convolution: Int32 sums inside a block, Float accumulation between blocks.
///
/// Tiles of up to `tileRows` output pixels and two vectors of output channels. Columns are the outer loop: a weight panel
/// stays in the cache while all rows of the task pass it.
@inline(never) public func gemmInt8(_ task: UnsafePointer<gemm_task>) {
  #if TIER_I8MM
    if task.pointee.rows > 4 { return gemmPacked(task) }
  #endif
  forEachTile(task) { tile in
    switch (tile.rows, tile.is_wide != 0) {
    #if TIER_AVX512VNNI
      case (11..., true): int8Tile12x2(task, tile)
      case (9..., true): int8Tile10x2(task, tile)
      case (7..., true): int8Tile8x2(task, tile)
      case (7..., false): int8Tile12x1(task, tile)
    #endif
    #if TIER_DOTPROD || TIER_I8MM
      case (7..., true): int8Tile8x2(task, tile)
      case (7..., false): int8Tile8x1(task, tile)
    #endif
    #if !TIER_SSE4 && !TIER_NEON
      case (5..., true): int8Tile6x2(task, tile)
      case (5..., false): int8Tile6x1(task, tile)
    #endif
    case (3..., true): int8Tile4x2(task, tile)
    case (2, true): int8Tile2x2(task, tile)
    case (_, true): int8Tile1x2(task, tile)
    case (2..., false): int8Tile4x1(task, tile)
    default: int8Tile1x1(task, tile)
    }
  }
}

// A tile's height and width must be constants for its accumulators to live in registers: one function each.
#if TIER_AVX512VNNI
  @inline(never) private func int8Tile12x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 12, true)
  }
  @inline(never) private func int8Tile10x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 10, true)
  }
  @inline(never) private func int8Tile8x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 8, true)
  }
  @inline(never) private func int8Tile12x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 12, false)
  }
#endif
#if TIER_DOTPROD || TIER_I8MM
  @inline(never) private func int8Tile8x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 8, true)
  }
  @inline(never) private func int8Tile8x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 8, false)
  }
#endif
#if !TIER_SSE4 && !TIER_NEON
  @inline(never) private func int8Tile6x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 6, true)
  }
  @inline(never) private func int8Tile6x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 6, false)
  }
#endif
@inline(never) private func int8Tile4x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) { int8Tile(t, tile, 4, true) }
@inline(never) private func int8Tile2x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) { int8Tile(t, tile, 2, true) }
@inline(never) private func int8Tile1x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) { int8Tile(t, tile, 1, true) }
@inline(never) private func int8Tile4x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  int8Tile(t, tile, 4, false)
}
@inline(never) private func int8Tile1x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  int8Tile(t, tile, 1, false)
}

/// One tile of `height` rows and one or two vectors of columns.
@inline(__always) private func int8Tile(
  _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ height: Int, _ isWide: Bool
) {
  let task = task.pointee
  var w0 = weightsStart(task, tile.column)
  #if !arch(arm64)
    var w1 = isWide ? weightsStart(task, tile.column + lanes) : w0
  #endif
  locateRows(task, tile, height)
  var block = 0
  var run = 0
  while run < task.run_count {
    // The shift of the activations is taken out before the block is summed.
    let shift0 = VInt32.zero &- columnSums(task, block, tile.column) &* task.zero_point
    let shift1 = isWide ? VInt32.zero &- columnSums(task, block, tile.column + lanes) &* task.zero_point : .zero
    var c0 = zeros(VSum.zero)
    var c1 = zeros(VSum.zero)
    var scaleOffset = 0
    while true {
      let current = task.runs[run]
      #if arch(arm64)
        w0 = addProducts(to: &c0, &c1, tile.activations, current, w0, height, isWide)
      #else
        var k = current.offset
        let end = current.offset + current.groups * groupBytes
        while k < end {
          let v0 = widen(w0.loadUnaligned(as: VInt32.self))
          let v1 = isWide ? widen(w1.loadUnaligned(as: VInt32.self)) : v0
          for r in 0..<height {
            let a = loadGroup(tile.activations[r].unsafelyUnwrapped + k)
            c0[r] = dot4(c0[r], a, v0)
            if isWide { c1[r] = dot4(c1[r], a, v1) }
          }
          k += groupBytes
          w0 += 64
          w1 += 64
        }
      #endif
      run += 1
      scaleOffset = current.scale
      if current.ends_block != 0 { break }
    }
    // The first block stores, the others add: two loops, because a test per row costs as much as the row.
    if block == 0 {
      for r in 0..<height {
        let scale = VFloat(repeating: task.scales[tile.scale_index[r] + scaleOffset])
        let sum = tile.sums + r * tileColumns
        store(toFloat(total(c0[r]) &+ shift0) * scale, sum)
        if isWide { store(toFloat(total(c1[r]) &+ shift1) * scale, sum + lanes) }
      }
    } else {
      for r in 0..<height {
        let scale = VFloat(repeating: task.scales[tile.scale_index[r] + scaleOffset])
        let sum = tile.sums + r * tileColumns
        store(multiplyAdd(load(sum), toFloat(total(c0[r]) &+ shift0), scale), sum)
        if isWide { store(multiplyAdd(load(sum + lanes), toFloat(total(c1[r]) &+ shift1), scale), sum + lanes) }
      }
    }
    block += 1
  }
  let scale0 = load(task.weight_scales + tile.column)
  let scale1 = isWide ? load(task.weight_scales + tile.column + lanes) : scale0
  finishTile(task, tile, isWide, scale0, scale1)
}

/// Bytes that one group of four activations takes.
@inline(__always) var groupBytes: Int { 4 * MemoryLayout<Quantized>.size }
