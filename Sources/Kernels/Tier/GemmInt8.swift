import CShim

/// int8 GEMM and implicit-GEMM convolution: Int32 sums inside a block, Float accumulation between blocks.
///
/// Tiles of up to `tileRows` output pixels and two vectors of output channels. Columns are the outer loop: a weight panel
/// stays in the cache while all rows of the task pass it.
@inline(never) public func gemmInt8(_ task: UnsafePointer<gemm_task>) {
  require_gemm_int8(task)
  #if TIER_I8MM
    if task.pointee.rows > 4 { return gemmPacked(task) }
  #endif
  #if TIER_AVX512VNNI
    // Where blocks are short, sums go in and out of memory so often that half a tile that keeps them in registers is faster:
    // 3 x 3 over 64 channels 139 -> 180 of 236 GMAC/s.
    if task.pointee.blocks > 1, task.pointee.runs.pointee.groups <= 32 {
      if task.pointee.end_column - task.pointee.first_column <= lanes {
        forEachTile(task, height: tileRows) { tile in
          if tile.rows > 6 { int8Tile12x1KeepingSums(task, tile) } else { int8Tile6x1(task, tile) }
        }
        return
      }
      forEachTile(task, height: 6) { tile in
        if tile.is_wide != 0 { int8Tile6x2KeepingSums(task, tile) } else { int8Tile6x1(task, tile) }
      }
      return
    }
  #endif
  #if TIER_SSE4 || TIER_AVX2
    if task.pointee.has_words != 0 {
      forEachTile(task, height: tileRows) { tile in
        switch (tile.rows, tile.is_wide != 0) {
        case (1, true): wordTile1x2(task, tile)
        case (_, true): wordTile2(task, tile)
        case (1, false): wordTile1x1(task, tile)
        default: wordTile1(task, tile)
        }
      }
      return
    }
  #endif
  let hasOneRun = task.pointee.run_count == 1
  forEachTile(
    task, heightOf: { tileHeight(task, $0) }, highest: tileRows,
    wholeTiles: { hasOneRun ? int8WholeTiles(task, $0) : 0 }
  ) { tile in
    switch (tile.rows, tile.is_wide != 0) {
    #if TIER_AVX512VNNI
      case (9..., true): int8Tile12x2(task, tile)
      case (7..., true): int8Tile8x2(task, tile)
      case (7..., false): int8Tile12x1(task, tile)
    #endif
    #if TIER_DOTPROD || TIER_I8MM
      case (7..., true): int8Tile8x2(task, tile)
      case (7..., false): int8Tile8x1(task, tile)
    #endif
    #if TIER_AVX2
      case (5..., true): int8Tile5x2(task, tile)
      case (5..., false): int8Tile5x1(task, tile)
    #elseif !TIER_SSE4 && !TIER_NEON
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

/// Rows of the tiles of a column.
@inline(__always) private func tileHeight(_ task: UnsafePointer<gemm_task>, _ column: Int) -> Int {
  #if TIER_AVX2
    // Where two groups of weights are held at a time, fewer sums find room.
    panelFits(task, column) ? pairedRows : tileRows
  #else
    tileRows
  #endif
}

@inline(__always) private func int8WholeTiles(_ task: UnsafePointer<gemm_task>, _ tile: gemm_tile) -> Int {
  #if TIER_AVX2
    if panelFits(task, tile.column) { return int8PairedTiles(task, tile) }
  #endif
  return int8HighestTiles(task, tile)
}

@inline(never) private func int8HighestTiles(_ task: UnsafePointer<gemm_task>, _ tile: gemm_tile) -> Int {
  #if TIER_AVX512VNNI
    int8WholeTiles(task, tile, 12)
  #elseif TIER_DOTPROD || TIER_I8MM
    int8WholeTiles(task, tile, 8)
  #elseif TIER_AVXVNNI
    int8WholeTiles(task, tile, 6)
  #elseif TIER_AVX2
    int8WholeTiles(task, tile, 5)
  #else
    int8WholeTiles(task, tile, 4)
  #endif
}

#if TIER_AVX2
  @_transparent private var pairedRows: Int { 4 }

  @inline(never) private func int8PairedTiles(_ task: UnsafePointer<gemm_task>, _ tile: gemm_tile) -> Int {
    int8WholeTiles(task, tile, 4)
  }
#endif

#if TIER_AVX2
  // Tiles of words, as high as the tier's and two vectors wide, or one.
  @inline(never) private func wordTile2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 5, true, hasWords: true)
  }
  @inline(never) private func wordTile1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 5, false, hasWords: true)
  }
#elseif TIER_SSE4
  @inline(never) private func wordTile2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 4, true, hasWords: true)
  }
  @inline(never) private func wordTile1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 4, false, hasWords: true)
  }
#endif
#if TIER_SSE4 || TIER_AVX2
  @inline(never) private func wordTile1x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 1, true, hasWords: true)
  }
  @inline(never) private func wordTile1x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 1, false, hasWords: true)
  }

  /// What `addProducts` does, for activations that are words.
  @inline(__always) private func addWordProducts(
    to c0: inout Accumulators<VSum>, _ c1: inout Accumulators<VSum>, _ rows: UnsafePointer<gemm_row>, _ run: gemm_run,
    _ panel0: UnsafeRawPointer, _ panel1: UnsafeRawPointer, _ height: Int, _ isWide: Bool
  ) {
    var w0 = panel0 + run.weights
    var w1 = panel1 + run.weights
    var k = run.offset
    let end = run.offset + run.groups * 8
    while k < end {
      let v0 = w0.loadUnaligned(as: VInt32.self)
      let v1 = isWide ? w1.loadUnaligned(as: VInt32.self) : v0
      let (even0, odd0, even1, odd1) = (evenWords(v0), oddWords(v0), evenWords(v1), oddWords(v1))
      for r in 0..<height {
        let even = VInt32(repeating: (rows[r].activations + k).loadUnaligned(as: Int32.self))
        c0[r] = multiplyAddWords(c0[r], even, even0)
        if isWide { c1[r] = multiplyAddWords(c1[r], even, even1) }
        let odd = VInt32(repeating: (rows[r].activations + k + 4).loadUnaligned(as: Int32.self))
        c0[r] = multiplyAddWords(c0[r], odd, odd0)
        if isWide { c1[r] = multiplyAddWords(c1[r], odd, odd1) }
      }
      k += 8
      w0 += 64
      w1 += 64
    }
  }
#endif

// A tile's height and width must be constants for its accumulators to live in registers: one function each.
#if TIER_AVX512VNNI
  @inline(never) private func int8Tile12x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 12, true)
  }
  @inline(never) private func int8Tile8x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 8, true)
  }
  @inline(never) private func int8Tile6x2KeepingSums(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 6, true, keepsSums: true)
  }
  @inline(never) private func int8Tile12x1KeepingSums(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 12, false, keepsSums: true)
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
#if TIER_AVX2
  @inline(never) private func int8Tile5x2(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 5, true)
  }
  @inline(never) private func int8Tile5x1(_ t: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    int8Tile(t, tile, 5, false)
  }
#elseif !TIER_SSE4 && !TIER_NEON
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

#if !arch(arm64)
  /// Adds the products of one run to the sums of `height` rows and one or two vectors of columns.
  ///
  /// - Parameter ahead: weights of a later tile, to be fetched into the cache on the way.
  @inline(__always) private func addProducts(
    to c0: inout Accumulators<VSum>, _ c1: inout Accumulators<VSum>, _ rows: UnsafePointer<gemm_row>, _ run: gemm_run,
    _ panel0: UnsafeRawPointer, _ panel1: UnsafeRawPointer, _ height: Int, _ isWide: Bool,
    fetching ahead: inout UnsafeRawPointer, pairsFit: Bool
  ) {
    var w0 = panel0 + run.weights
    var w1 = panel1 + run.weights
    var k = run.offset
    let end = run.offset + run.groups * 4
    #if TIER_SSE4 || TIER_AVX2
      let pairsEnd = pairsFit ? run.offset + run.groups / 2 * 8 : k
      while k < pairsEnd {
        let v00 = w0.loadUnaligned(as: VInt32.self)
        let v01 = w0.loadUnaligned(fromByteOffset: 64, as: VInt32.self)
        let v10 = isWide ? w1.loadUnaligned(as: VInt32.self) : v00
        let v11 = isWide ? w1.loadUnaligned(fromByteOffset: 64, as: VInt32.self) : v01
        shim_prefetch(ahead)
        shim_prefetch(ahead + 64)
        for r in 0..<height {
          let a0 = VInt32(repeating: (rows[r].activations + k).loadUnaligned(as: Int32.self))
          let a1 = VInt32(repeating: (rows[r].activations + k + 4).loadUnaligned(as: Int32.self))
          c0[r] = multiplyAddTwoGroups(c0[r], a0, v00, a1, v01)
          if isWide { c1[r] = multiplyAddTwoGroups(c1[r], a0, v10, a1, v11) }
        }
        k += 8
        w0 += 128
        w1 += 128
        ahead += 128
      }
    #endif
    while k < end {
      let v0 = w0.loadUnaligned(as: VInt32.self)
      let v1 = isWide ? w1.loadUnaligned(as: VInt32.self) : v0
      shim_prefetch(ahead)
      for r in 0..<height {
        let a = VInt32(repeating: (rows[r].activations + k).loadUnaligned(as: Int32.self))
        c0[r] = multiplyAddGroup(c0[r], a, v0)
        if isWide { c1[r] = multiplyAddGroup(c1[r], a, v1) }
      }
      k += 4
      w0 += 64
      w1 += 64
      ahead += 64
    }
  }
#endif

/// Whether the column's panel may add up two groups at a time.
// Inlined, the test of the null pointer is more than the compiler can bear.
@inline(never) private func panelFits(_ task: UnsafePointer<gemm_task>, _ column: Int) -> Bool {
  #if TIER_SSE4 || TIER_AVX2
    guard let pairsFit = task.pointee.pairs_fit else { return false }
    return pairsFit[column / panel_width] != 0
  #else
    return false
  #endif
}

/// All whole tiles of `height` rows of two vectors of columns, where the reduction is one run: what belongs to the columns is
/// loaded once.
///
/// - Returns: the rows that are done.
@inline(__always) private func int8WholeTiles(
  _ pointer: UnsafePointer<gemm_task>, _ column: gemm_tile, _ height: Int
) -> Int {
  let task = pointer.pointee
  var tile = column
  tile.rows = height
  let run = task.runs.pointee
  let panel0 = weightsStart(task, tile.column)
  #if !arch(arm64)
    let panel1 = weightsStart(task, tile.column + lanes)
    let pairsFit = panelFits(pointer, tile.column)
  #endif
  var shift0 = VInt32.zero
  var shift1 = VInt32.zero
  if task.zero_point != 0 {
    shift0 = VInt32.zero &- columnSums(task, 0, tile.column) &* task.zero_point
    shift1 = VInt32.zero &- columnSums(task, 0, tile.column + lanes) &* task.zero_point
  }
  let (scale0, scale1) = (load(task.weight_scales + tile.column), load(task.weight_scales + tile.column + lanes))
  let (bias0, bias1) = (load(task.bias + tile.column), load(task.bias + tile.column + lanes))
  let (lower, upper) = (VFloat(repeating: task.lower), VFloat(repeating: task.upper))
  let isWhole = isWhole(task, tile, true)
  let second = secondVector(task, isWhole)
  // A residual's levels end with the last column, its Floats do not.
  let hasLevels = task.row_data.pointee.residual_levels != nil && isWhole
  let widensResidual = task.row_data.pointee.residual_levels != nil && !isWhole
  let hasResidual = widensResidual || task.residual_step != 0
  #if !arch(arm64)
    // The next panel follows this one: the first tile asks for it.
    var ahead = tile.column + tileColumns < task.end_column ? weightsStart(task, tile.column + tileColumns) : panel0
  #endif
  // The last row is no tile of its own where one more fits the tile before.
  while tile.row + height <= task.rows, height == tileRows || tile.row + height + 1 != task.rows {
    let rows = task.row_data + tile.row
    fetchRows(task, tile, rows, height)
    if widensResidual { widenResidual(pointer, tile) }
    if hasLevels {
      for r in 0..<height { shim_prefetch(rows[r].residual_levels + tile.column) }
    }
    var c0 = repeated(startingSum(shift0))
    var c1 = repeated(startingSum(shift1))
    #if arch(arm64)
      addProducts(to: &c0, &c1, rows, run, panel0, height, true)
    #else
      addProducts(to: &c0, &c1, rows, run, panel0, panel1, height, true, fetching: &ahead, pairsFit: pairsFit)
      ahead = panel0
    #endif
    for r in 0..<height {
      let scale = VFloat(repeating: rows[r].scales[run.scale])
      let output = outputRow(task, tile, rows[r], r, isWhole)
      var value0 = multiplyAdd(bias0, toFloat(total(c0[r])) * scale, scale0)
      var value1 = multiplyAdd(bias1, toFloat(total(c1[r])) * scale, scale1)
      if hasLevels {
        value0 += residual(rows[r], tile.column)
        value1 += residual(rows[r], tile.column + lanes)
      } else if hasResidual {
        let residual = rows[r].residual + task.residual_step * tile.column
        value0 += load(residual)
        value1 += load(residual + lanes)
      }
      store(clamp(value0, lower, upper), output)
      store(clamp(value1, lower, upper), output + second)
    }
    copyPartialTile(task, tile, true)
    tile.row += height
  }
  return tile.row
}

/// One tile of `height` rows and one or two vectors of columns.
///
/// - Parameters:
///   - keepsSums: the Float sums over blocks stay in registers.
///   - hasWords: activations are words.
@inline(__always) private func int8Tile(
  _ pointer: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ height: Int, _ isWide: Bool, keepsSums: Bool = false,
  hasWords: Bool = false
) {
  let task = pointer.pointee
  let panel0 = weightsStart(task, tile.column)
  #if !arch(arm64)
    let panel1 = isWide ? weightsStart(task, tile.column + lanes) : panel0
    var ahead = tile.next_weights.unsafelyUnwrapped
    let pairsFit = panelFits(pointer, tile.column)
  #endif
  let rows = task.row_data + tile.row
  fetchRows(task, tile, rows, height)
  // Sums of the blocks so far. Before the first these are zeros: cheaper than a test per row.
  var sums = task.zeros.unsafelyUnwrapped
  var sumsStride = 0
  var t0 = repeated(VFloat.zero)
  var t1 = repeated(VFloat.zero)
  var block = 0
  var run = 0
  while true {
    // Sums start with what takes the shift of the activations out again.
    var shift0 = VInt32.zero
    var shift1 = VInt32.zero
    if task.zero_point != 0 {
      shift0 = VInt32.zero &- columnSums(task, block, tile.column) &* task.zero_point
      if isWide { shift1 = VInt32.zero &- columnSums(task, block, tile.column + lanes) &* task.zero_point }
    }
    var c0 = repeated(startingSum(shift0))
    var c1 = repeated(startingSum(shift1))
    var scaleOffset = 0
    while true {
      let current = task.runs[run]
      #if arch(arm64)
        addProducts(to: &c0, &c1, rows, current, panel0, height, isWide)
      #elseif TIER_SSE4 || TIER_AVX2
        if hasWords {
          addWordProducts(to: &c0, &c1, rows, current, panel0, panel1, height, isWide)
        } else {
          addProducts(
            to: &c0, &c1, rows, current, panel0, panel1, height, isWide, fetching: &ahead, pairsFit: pairsFit)
        }
      #else
        addProducts(
          to: &c0, &c1, rows, current, panel0, panel1, height, isWide, fetching: &ahead, pairsFit: pairsFit)
      #endif
      run += 1
      scaleOffset = current.scale
      if current.ends_block != 0 { break }
    }
    for r in 0..<height {
      let scale = VFloat(repeating: rows[r].scales[scaleOffset])
      let sum = sums + r * sumsStride
      t0[r] = multiplyAdd(keepsSums ? t0[r] : load(sum), toFloat(total(c0[r])), scale)
      if isWide { t1[r] = multiplyAdd(keepsSums ? t1[r] : load(sum + lanes), toFloat(total(c1[r])), scale) }
    }
    if run == task.run_count {
      let scale0 = load(task.weight_scales + tile.column)
      let scale1 = isWide ? load(task.weight_scales + tile.column + lanes) : scale0
      let bias0 = load(task.bias + tile.column)
      let bias1 = isWide ? load(task.bias + tile.column + lanes) : bias0
      let lower = VFloat(repeating: task.lower)
      let upper = VFloat(repeating: task.upper)
      let isWhole = isWhole(task, tile, isWide)
      let second = secondVector(task, isWhole)
      let hasResidual = hasResidual(task)
      for r in 0..<height {
        let output = outputRow(task, tile, rows[r], r, isWhole)
        var value0 = multiplyAdd(bias0, t0[r], scale0)
        var value1 = isWide ? multiplyAdd(bias1, t1[r], scale1) : value0
        if hasResidual {
          let residual = rows[r].residual + task.residual_step * tile.column
          value0 += load(residual)
          if isWide { value1 += load(residual + lanes) }
        }
        store(clamp(value0, lower, upper), output)
        if isWide { store(clamp(value1, lower, upper), output + second) }
      }
      copyPartialTile(task, tile, isWide)
      return
    }
    if !keepsSums {
      for r in 0..<height {
        let total = task.sums + r * tileColumns
        store(t0[r], total)
        if isWide { store(t1[r], total + lanes) }
      }
      sums = UnsafePointer(task.sums.unsafelyUnwrapped)
      sumsStride = tileColumns
    }
    block += 1
  }
}
