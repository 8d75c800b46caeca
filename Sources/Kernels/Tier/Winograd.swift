#if TIER_SSE4 || TIER_AVX2
  import CShim

  // Winograd's F(2 x 2, 3 x 3): 16 products where 2 x 2 outputs of a 3 x 3 kernel take 36 (Lavin and Gray, 2016).
  //
  // `pmaddwd` multiplies words and adds them up in 32 bits, so that a word of a transformed tile may have the 15 bits that
  // sums of four levels need. Sums are exact modulo 2^32, and so are the results, which fit.

  /// Transforms the weights of 16 outputs, `4 G g G'`.
  @inline(never) public func winogradWeights(
    _ weights: UnsafePointer<Int8>, _ groups: Int, _ words: UnsafeMutablePointer<Int16>
  ) -> Int32 {
    require_winograd_weights(groups)
    let (groupBytes, placeBytes) = (4 * panel_width, 8 * groups * panel_width)
    var sums = InlineArray<16, Int32>(repeating: 0)
    var first = 0
    while first < groupBytes {
      var total = VInt32.zero
      for group in 0..<groups {
        var g = InlineArray<9, VInt16>(repeating: .zero)
        var magnitudes = VInt16.zero
        for tap in 0..<9 {
          g[tap] = signedWords(UnsafeRawPointer(weights + (tap * groups + group) * groupBytes + first))
          magnitudes &+= magnitude(g[tap])
        }
        total = multiplyAddWords(
          total, unsafeBitCast(magnitudes, to: VInt32.self), unsafeBitCast(VInt16(repeating: 1), to: VInt32.self))
        // A lane has two channels of a column; the panel, all columns of two channels and then of the next two.
        let target = UnsafeMutableRawPointer(words) + 2 * group * groupBytes + first
        for r in 0..<4 {
          let (a, b, c) = (
            transformedWeights(g[0], g[3], g[6], r), transformedWeights(g[1], g[4], g[7], r),
            transformedWeights(g[2], g[5], g[8], r)
          )
          for column in 0..<4 {
            let pairs = unsafeBitCast(transformedWeights(a, b, c, column), to: VInt32.self)
            let place = target + (4 * r + column) * placeBytes
            place.storeBytes(of: pairs.evenHalf, as: VPairs.self)
            place.storeBytes(of: pairs.oddHalf, toByteOffset: groupBytes, as: VPairs.self)
          }
        }
      }
      for lane in 0..<lanes { sums[(first / 2 + lane) / 2] += total[lane] }
      first += VInt16.scalarCount
    }
    var largest: Int32 = 0
    for column in 0..<16 { largest = max(largest, sums[column]) }
    return largest
  }

  #if TIER_AVX2
    private typealias VPairs = SIMD4<Int32>
  #else
    private typealias VPairs = SIMD2<Int32>
  #endif

  /// A row of 2 G times three vectors.
  @inline(__always) private func transformedWeights(_ a: VInt16, _ b: VInt16, _ c: VInt16, _ row: Int) -> VInt16 {
    switch row {
    case 0: a &+ a
    case 1: a &+ b &+ c
    case 2: a &- b &+ c
    default: c &+ c
    }
  }

  @inline(__always) private func signedWords(_ levels: UnsafeRawPointer) -> VInt16 {
    var words = VInt16()
    #if TIER_AVX2
      let bytes = levels.loadUnaligned(as: SIMD16<Int8>.self)
    #else
      let bytes = levels.loadUnaligned(as: SIMD8<Int8>.self)
    #endif
    for i in 0..<VInt16.scalarCount { words[i] = Int16(bytes[i]) }
    return words
  }

  @inline(__always) private func magnitude(_ v: VInt16) -> VInt16 {
    let sign = v &>> 15
    return (v ^ sign) &- sign
  }

  /// Transforms tiles of levels, `B'dB`. Levels of pixels are first brought to the largest of the tile's scales.
  @inline(never) public func winogradInput(_ task: UnsafePointer<winograd_input_task>) {
    require_winograd_input(task)
    for tile in 0..<task.pointee.tiles { transform(task, tile) }
  }

  @inline(__always) private func transform(_ pointer: UnsafePointer<winograd_input_task>, _ tile: Int) {
    let task = pointer.pointee
    let (row, column) = (task.first_tile + tile).quotientAndRemainder(dividingBy: task.tiles_per_row)
    let (y, x) = (task.top + 2 * row, task.left + 2 * column)
    let (rows, columns) = (min(4, task.height - y), min(4, task.width - x))
    // Compared as integers, so that what is not a number is the largest and reaches the outputs.
    var pattern: UInt32 = 0
    for r in 0..<rows {
      let scales = task.scales + ((y + r) * task.width + x) * task.blocks
      for i in 0..<columns * task.blocks { pattern = max(pattern, scales[i].bitPattern) }
    }
    let largest = Float(bitPattern: pattern)
    // A subnormal scale has no finite inverse: such a tile counts as zero. So does one of an infinite scale, times that scale.
    let inverse: Float = largest > Float.leastNormalMagnitude && largest < .infinity ? 32767 / largest : 0
    task.tile_scales[tile] = largest * (32768.0 / 32767 / Float(1 << task.shift))
    let output = task.output + tile * task.channels
    let place = task.tile_stride * task.channels
    let zero = VInt16(repeating: Int16(truncatingIfNeeded: task.zero_point))
    let shift = VInt16(repeating: Int16(truncatingIfNeeded: task.shift))
    for block in 0..<task.blocks {
      // What lies beyond the image has a ratio of zero, wherever its levels come from.
      var offsets = InlineArray<16, Int>(repeating: 0)
      var ratios = InlineArray<16, Int16>(repeating: 0)
      for r in 0..<rows {
        for c in 0..<columns {
          let pixel = (y + r) * task.width + x + c
          offsets[4 * r + c] = pixel * task.channels
          if inverse > 0 { ratios[4 * r + c] = Int16(task.scales[pixel * task.blocks + block] * inverse + 0.5) }
        }
      }
      var channel = block * block_length
      let end = min(task.channels, channel + block_length)
      while channel < end {
        let levels = UnsafeRawPointer(task.levels + channel)
        var d = InlineArray<16, VInt16>(repeating: .zero)
        for i in 0..<16 {
          d[i] = multiplyHigh((words(levels + offsets[i]) &- zero) &<< shift, VInt16(repeating: ratios[i]))
        }
        for c in 0..<4 {
          let (d0, d1, d2, d3) = (d[c], d[4 + c], d[8 + c], d[12 + c])
          d[c] = d0 &- d2
          d[4 + c] = d1 &+ d2
          d[8 + c] = d2 &- d1
          d[12 + c] = d1 &- d3
        }
        var target = UnsafeMutableRawPointer(output + channel)
        for r in 0..<4 {
          let (d0, d1, d2, d3) = (d[4 * r], d[4 * r + 1], d[4 * r + 2], d[4 * r + 3])
          target.storeBytes(of: d0 &- d2, as: VInt16.self)
          (target + 2 * place).storeBytes(of: d1 &+ d2, as: VInt16.self)
          (target + 4 * place).storeBytes(of: d2 &- d1, as: VInt16.self)
          (target + 6 * place).storeBytes(of: d1 &- d3, as: VInt16.self)
          target += 8 * place
        }
        channel += VInt16.scalarCount
      }
    }
  }

  @inline(__always) private func words(_ levels: UnsafeRawPointer) -> VInt16 {
    var words = VInt16()
    #if TIER_AVX2
      let bytes = levels.loadUnaligned(as: SIMD16<UInt8>.self)
    #else
      let bytes = levels.loadUnaligned(as: SIMD8<UInt8>.self)
    #endif
    for i in 0..<VInt16.scalarCount { words[i] = Int16(bytes[i]) }
    return words
  }

  /// Multiplies transformed tiles with transformed weights and transforms the sums back.
  ///
  /// A place's weights of 16 columns stay in the first-level cache while all tiles pass them.
  @inline(never) public func winogradProducts(_ task: UnsafePointer<winograd_products_task>) {
    require_winograd_products(task)
    let (channels, tiles) = (task.pointee.channels, task.pointee.tiles)
    let tileBytes = 2 * channels
    let placeBytes = task.pointee.tile_stride * tileBytes
    let weightBytes = 2 * channels * panel_width
    var column = task.pointee.first_column
    while column < task.pointee.end_column {
      let panel = UnsafeRawPointer(task.pointee.weights) + column / panel_width * winograd_places * weightBytes
      for place in 0..<Int(winograd_places) {
        let input = UnsafeRawPointer(task.pointee.input) + place * placeBytes
        let sums = task.pointee.sums + place * task.pointee.tile_stride * panel_width
        var half = 0
        while half < panel_width {
          let weights = panel + place * weightBytes + 4 * half
          var tile = 0
          while tile < tiles {
            let target = sums + tile * panel_width + half
            var rows = TileRows(repeating: input + tile * tileBytes)
            for r in 0..<6 { rows[r] += r * tileBytes }
            switch tiles - tile {
            case 5...: products6(&rows, weights, channels, target)
            case 3...: products4(&rows, weights, channels, target)
            default: products2(&rows, weights, channels, target)
            }
            tile += 6
          }
          half += tileColumns
        }
      }
      for tile in 0..<tiles { transformSums(task, column, tile) }
      column += panel_width
    }
  }

  // Tiles' words at addresses that the compiler cannot derive from each other: it would do so in the inner loop.
  private typealias TileRows = InlineArray<6, UnsafeRawPointer>

  @inline(never) private func products6(
    _ rows: UnsafePointer<TileRows>, _ weights: UnsafeRawPointer, _ channels: Int, _ sums: UnsafeMutablePointer<Int32>
  ) { products(rows, weights, channels, sums, 6) }

  @inline(never) private func products4(
    _ rows: UnsafePointer<TileRows>, _ weights: UnsafeRawPointer, _ channels: Int, _ sums: UnsafeMutablePointer<Int32>
  ) { products(rows, weights, channels, sums, 4) }

  @inline(never) private func products2(
    _ rows: UnsafePointer<TileRows>, _ weights: UnsafeRawPointer, _ channels: Int, _ sums: UnsafeMutablePointer<Int32>
  ) { products(rows, weights, channels, sums, 2) }

  /// Sums of one place of `height` tiles, two vectors of columns.
  @inline(__always) private func products(
    _ rows: UnsafePointer<TileRows>, _ weights: UnsafeRawPointer, _ channels: Int, _ sums: UnsafeMutablePointer<Int32>,
    _ height: Int
  ) {
    let z = VInt32.zero
    var c0: InlineArray<6, VInt32> = [z, z, z, z, z, z]
    var c1: InlineArray<6, VInt32> = [z, z, z, z, z, z]
    let row = rows.pointee
    let bytes = 2 * channels
    var weight = weights
    var k = 0
    while k < bytes {
      let w0 = weight.loadUnaligned(as: VInt32.self)
      let w1 = weight.loadUnaligned(fromByteOffset: 4 * lanes, as: VInt32.self)
      for r in 0..<height {
        let a = VInt32(repeating: (row[r] + k).loadUnaligned(as: Int32.self))
        c0[r] = multiplyAddWords(c0[r], a, w0)
        c1[r] = multiplyAddWords(c1[r], a, w1)
      }
      k += 4
      weight += 64
    }
    for r in 0..<height {
      let target = UnsafeMutableRawPointer(sums + r * panel_width)
      target.storeBytes(of: c0[r], as: VInt32.self)
      target.storeBytes(of: c1[r], toByteOffset: 4 * lanes, as: VInt32.self)
    }
  }

  /// Outputs of a tile's sums, `A'mA`, for 16 columns.
  @inline(__always) private func transformSums(
    _ pointer: UnsafePointer<winograd_products_task>, _ column: Int, _ tile: Int
  ) {
    let task = pointer.pointee
    let (row, x) = tile.quotientAndRemainder(dividingBy: task.tiles_per_row)
    let pixel = 2 * row * task.width + 2 * x
    let (hasRight, hasLower) = (2 * x + 1 < task.width, 2 * row + 1 < task.height)
    let scale = VFloat(repeating: task.tile_scales[tile])
    let place = task.tile_stride * panel_width
    var lane = 0
    while lane < panel_width {
      let m = UnsafeRawPointer(task.sums + tile * panel_width + lane)
      let n = column + lane
      let (weightScale, bias) = (load(task.weight_scales + n) * scale, load(task.bias + n))
      var upper = InlineArray<4, VInt32>(repeating: .zero)
      var lower = InlineArray<4, VInt32>(repeating: .zero)
      for c in 0..<4 {
        let m0 = (m + 4 * c * place).loadUnaligned(as: VInt32.self)
        let m1 = (m + 4 * (4 + c) * place).loadUnaligned(as: VInt32.self)
        let m2 = (m + 4 * (8 + c) * place).loadUnaligned(as: VInt32.self)
        let m3 = (m + 4 * (12 + c) * place).loadUnaligned(as: VInt32.self)
        upper[c] = m0 &+ m1 &+ m2
        lower[c] = m1 &- m2 &- m3
      }
      finish(task, upper[0] &+ upper[1] &+ upper[2], weightScale, bias, pixel, n)
      if hasRight { finish(task, upper[1] &- upper[2] &- upper[3], weightScale, bias, pixel + 1, n) }
      if hasLower {
        finish(task, lower[0] &+ lower[1] &+ lower[2], weightScale, bias, pixel + task.width, n)
        if hasRight {
          finish(task, lower[1] &- lower[2] &- lower[3], weightScale, bias, pixel + task.width + 1, n)
        }
      }
      lane += lanes
    }
  }

  @inline(__always) private func finish(
    _ task: winograd_products_task, _ sum: VInt32, _ scale: VFloat, _ bias: VFloat, _ pixel: Int, _ column: Int
  ) {
    var value = multiplyAdd(bias, toFloat(sum), scale)
    if let residual = task.residual {
      value += load(residual + pixel * task.residual_stride + column)
    } else if let levels = task.residual_levels {
      let bytes = UnsafeRawPointer(levels + pixel * task.residual_stride + column).loadUnaligned(as: VUInt8.self)
      let scale = task.residual_scales[pixel * task.residual_blocks + column / block_length]
      value += toFloat(bytes) * VFloat(repeating: scale)
    }
    let target = task.output + pixel * task.output_stride + column
    store(clamp(value, VFloat(repeating: task.lower), VFloat(repeating: task.upper)), target)
  }
#endif
