// int8 GEMM with the 2 x 8 by 8 x 2 matrix product (`smmla`), for tasks of more than a few rows.
//
// One `smmla` takes eight activations of two rows and eight weights of two columns. Panels hold four weights per column,
// and rows lie apart, so both are interleaved into scratch memory first: weights once per task, activations once per tile
// of rows and block of columns. In the inner loop instead that would add 13 instructions to its 33, most of them permutations.

#if TIER_I8MM
  import CShim
  import _Builtin_intrinsics.arm.neon

  /// Pairs of rows of the highest tile: 24 accumulators, four weights and two activations in use fit 32 registers.
  @inline(__always) private var mostPairs: Int { 6 }
  /// Most rows of a tile.
  @inline(__always) var packedTileRows: Int { 2 * mostPairs }
  /// Weights of one task's block of columns stay in the L2 cache.
  @inline(__always) private var cachedWeights: Int { 192 << 10 }
  /// Bytes of eight weights of each of a tile's eight columns.
  @inline(__always) private var weightStep: Int { 64 }
  /// Bytes of eight activations of a pair of rows.
  @inline(__always) private var pairStep: Int { 16 }

  /// `gemmInt8` by `smmla`.
  @inline(__always) func gemmPacked(_ task: UnsafePointer<gemm_task>) {
    let steps = packedSteps(task.pointee)
    let columns = task.pointee.end_column - task.pointee.first_column
    let tiles = (columns + tileColumns - 1) / tileColumns
    let tilesPerBlock = max(1, min(tiles, cachedWeights / (steps * weightStep)))
    let weightBytes = tilesPerBlock * steps * weightStep
    let activationBytes = mostPairs * steps * pairStep
    let weights = shim_kernel_scratch(weightBytes + activationBytes).unsafelyUnwrapped
    let activations = weights + weightBytes
    var tile = gemm_tile()
    tile.is_wide = 1
    var first = task.pointee.first_column
    while first < task.pointee.end_column {
      let end = min(task.pointee.end_column, first + tilesPerBlock * tileColumns)
      packWeights(task, first, end, weights)
      multiplyBlock(task, &tile, first, end, steps, UnsafeRawPointer(weights), activations)
      first = end
    }
  }

  /// Steps of eight elements of K; every run is filled up to whole steps.
  @inline(__always) private func packedSteps(_ task: gemm_task) -> Int {
    var steps = 0
    for run in 0..<task.run_count { steps += (task.runs[run].groups + 1) / 2 }
    return steps
  }

  /// All rows of the task by the columns `first ..< end`, whose weights are packed.
  @inline(__always) private func multiplyBlock(
    _ task: UnsafePointer<gemm_task>, _ tile: inout gemm_tile, _ first: Int, _ end: Int, _ steps: Int,
    _ weights: UnsafeRawPointer, _ activations: UnsafeMutableRawPointer
  ) {
    tile.row = 0
    while tile.row < task.pointee.rows {
      tile.rows = min(packedTileRows, task.pointee.rows - tile.row)
      let pairs = max(3, (tile.rows + 1) / 2)
      packActivations(task, tile, pairs, activations)
      tile.column = first
      var panel = weights
      while tile.column < end {
        if task.pointee.row_data.pointee.residual_levels != nil { widenResidual(task, tile) }
        switch pairs {
        case 6: packedTile6(task, tile, panel, activations)
        case 5: packedTile5(task, tile, panel, activations)
        case 4: packedTile4(task, tile, panel, activations)
        default: packedTile3(task, tile, panel, activations)
        }
        finishTile(task, tile)
        tile.column += tileColumns
        panel += steps * weightStep
      }
      tile.row += tile.rows
    }
  }

  /// Channel scale, bias, residual and activation bounds.
  @inline(__always) private func finishTile(_ task: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
    let task = task.pointee
    let rows = task.row_data + tile.row
    let (scale0, scale1) = (load(task.weight_scales + tile.column), load(task.weight_scales + tile.column + lanes))
    let (bias0, bias1) = (load(task.bias + tile.column), load(task.bias + tile.column + lanes))
    let (lower, upper) = (VFloat(repeating: task.lower), VFloat(repeating: task.upper))
    let isWhole = isWhole(task, tile, true)
    let second = secondVector(task, isWhole)
    for r in 0..<tile.rows {
      let output = outputRow(task, tile, rows[r], r, isWhole)
      let residual = rows[r].residual + task.residual_step * tile.column
      let sum = task.sums + r * tileColumns
      let value0 = multiplyAdd(bias0, load(sum), scale0) + load(residual)
      let value1 = multiplyAdd(bias1, load(sum + lanes), scale1) + load(residual + lanes)
      store(clamp(value0, lower, upper), output)
      store(clamp(value1, lower, upper), output + second)
    }
    copyPartialTile(task, tile, true)
  }

  @inline(__always) private func loadWords(_ p: UnsafeRawPointer) -> VInt32 { p.loadUnaligned(as: VInt32.self) }
  @inline(__always) private func store(_ v: VInt32, _ p: UnsafeMutableRawPointer) {
    p.storeBytes(of: v, as: VInt32.self)
  }

  /// Interleaves the panels' groups of four, `[groups][16][4]`, to `[tiles][steps][8 columns][8]`.
  @inline(never) private func packWeights(
    _ task: UnsafePointer<gemm_task>, _ first: Int, _ end: Int, _ packed: UnsafeMutableRawPointer
  ) {
    let task = task.pointee
    var p = packed
    var column = first
    while column < end {
      for run in 0..<task.run_count {
        var w = weightsStart(task, column) + task.runs[run].weights
        var groups = task.runs[run].groups
        while groups > 0 {
          let isPair = groups > 1
          for half in 0..<2 {
            let low = loadWords(w + 16 * half)
            let high = isPair ? loadWords(w + 64 + 16 * half) : .zero
            store(vzip1q_s32(low, high), p + 32 * half)
            store(vzip2q_s32(low, high), p + 32 * half + 16)
          }
          w += isPair ? 128 : 64
          p += weightStep
          groups -= 2
        }
      }
      column += tileColumns
    }
  }

  /// Interleaves the activations of pairs of rows to `[steps][pairs][2][8]`.
  @inline(never) private func packActivations(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ pairs: Int, _ packed: UnsafeMutableRawPointer
  ) {
    let stride = pairs * pairStep
    for pair in 0..<pairs {
      let upper = task.pointee.row_data[tile.row + 2 * pair].activations.unsafelyUnwrapped
      let lower = task.pointee.row_data[tile.row + 2 * pair + 1].activations.unsafelyUnwrapped
      var p = packed + pair * pairStep
      for run in 0..<task.pointee.run_count {
        var k = task.pointee.runs[run].offset
        let end = k + 4 * task.pointee.runs[run].groups
        while k + 16 <= end {
          let a = vreinterpretq_s64_s32(loadWords(upper + k))
          let b = vreinterpretq_s64_s32(loadWords(lower + k))
          store(vreinterpretq_s32_s64(vzip1q_s64(a, b)), p)
          store(vreinterpretq_s32_s64(vzip2q_s64(a, b)), p + stride)
          k += 16
          p += 2 * stride
        }
        while k < end {
          let isPair = k + 8 <= end
          p.storeBytes(of: isPair ? loadEight(upper + k) : loadFour(upper + k), as: UInt64.self)
          p.storeBytes(of: isPair ? loadEight(lower + k) : loadFour(lower + k), toByteOffset: 8, as: UInt64.self)
          k += 8
          p += stride
        }
      }
    }
  }

  @inline(__always) private func loadEight(_ p: UnsafeRawPointer) -> UInt64 { p.loadUnaligned(as: UInt64.self) }
  @inline(__always) private func loadFour(_ p: UnsafeRawPointer) -> UInt64 { UInt64(p.loadUnaligned(as: UInt32.self)) }

  // A tile's height must be a constant for its accumulators to live in registers: one function each.
  @inline(never) private func packedTile6(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ weights: UnsafeRawPointer, _ activations: UnsafeRawPointer
  ) { packedTile(task, tile, weights, activations, 6) }
  @inline(never) private func packedTile5(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ weights: UnsafeRawPointer, _ activations: UnsafeRawPointer
  ) { packedTile(task, tile, weights, activations, 5) }
  @inline(never) private func packedTile4(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ weights: UnsafeRawPointer, _ activations: UnsafeRawPointer
  ) { packedTile(task, tile, weights, activations, 4) }
  @inline(never) private func packedTile3(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ weights: UnsafeRawPointer, _ activations: UnsafeRawPointer
  ) { packedTile(task, tile, weights, activations, 3) }

  private typealias Products = InlineArray<6, VInt32>
  @_transparent private var noProducts: Products { [.zero, .zero, .zero, .zero, .zero, .zero] }

  /// Sums of `2 * pairs` rows and eight columns, scaled by the activations' scales, to `task.sums`.
  @inline(__always) private func packedTile(
    _ task: UnsafePointer<gemm_task>, _ tile: gemm_tile, _ weights: UnsafeRawPointer, _ activations: UnsafeRawPointer,
    _ pairs: Int
  ) {
    let task = task.pointee
    let rows = task.row_data + tile.row
    var w = weights
    var a = activations
    var block = 0
    var run = 0
    while run < task.run_count {
      // Products of a pair of rows with columns 0 and 1, 2 and 3, and so on: (00 01 10 11).
      var c0 = noProducts
      var c1 = noProducts
      var c2 = noProducts
      var c3 = noProducts
      var scaleOffset = 0
      while true {
        let current = task.runs[run]
        let end = w + (current.groups + 1) / 2 * weightStep
        while w < end {
          let w0 = vreinterpretq_s8_s32(loadWords(w))
          let w1 = vreinterpretq_s8_s32(loadWords(w + 16))
          let w2 = vreinterpretq_s8_s32(loadWords(w + 32))
          let w3 = vreinterpretq_s8_s32(loadWords(w + 48))
          for pair in 0..<pairs {
            let both = vreinterpretq_s8_s32(loadWords(a + pair * pairStep))
            c0[pair] = vmmlaq_s32(c0[pair], both, w0)
            c1[pair] = vmmlaq_s32(c1[pair], both, w1)
            c2[pair] = vmmlaq_s32(c2[pair], both, w2)
            c3[pair] = vmmlaq_s32(c3[pair], both, w3)
          }
          w += weightStep
          a += pairs * pairStep
        }
        run += 1
        scaleOffset = current.scale
        if current.ends_block != 0 { break }
      }
      let shift0 = VInt32.zero &- columnSums(task, block, tile.column) &* task.zero_point
      let shift1 = VInt32.zero &- columnSums(task, block, tile.column + lanes) &* task.zero_point
      for pair in 0..<pairs {
        let (upper0, lower0) = separate(c0[pair], c1[pair])
        let (upper1, lower1) = separate(c2[pair], c3[pair])
        let row = 2 * pair
        let upper = rows[row].scales[scaleOffset]
        let lower = rows[row + 1].scales[scaleOffset]
        accumulate(upper0 &+ shift0, upper, task.sums + row * tileColumns, block)
        accumulate(upper1 &+ shift1, upper, task.sums + row * tileColumns + lanes, block)
        accumulate(lower0 &+ shift0, lower, task.sums + (row + 1) * tileColumns, block)
        accumulate(lower1 &+ shift1, lower, task.sums + (row + 1) * tileColumns + lanes, block)
      }
      block += 1
    }
  }

  /// Rows of two 2 x 2 products.
  @inline(__always) private func separate(_ a: VInt32, _ b: VInt32) -> (upper: VInt32, lower: VInt32) {
    let (a, b) = (vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b))
    return (vreinterpretq_s32_s64(vzip1q_s64(a, b)), vreinterpretq_s32_s64(vzip2q_s64(a, b)))
  }

  /// The first block stores, the others add.
  @inline(__always) private func accumulate(
    _ products: VInt32, _ scale: Float, _ sum: UnsafeMutablePointer<Float>, _ block: Int
  ) {
    let scaled = toFloat(products)
    let scale = VFloat(repeating: scale)
    store(block == 0 ? scaled * scale : multiplyAdd(load(sum), scaled, scale), sum)
  }
#endif
