// What the int8 and the Float micro-kernels share: the walk over tiles, row pointers, and the epilogue.

import CShim

/// Output channels per weight panel.
@inline(__always) var panelWidth: Int { 16 }

/// Calls `body` for every tile of the task.
///
/// Rows are shared out evenly: 49 pixels become 10 + 10 + 10 + 10 + 9, not 12 + 12 + 12 + 12 + 1.
@inline(__always) func forEachTile(_ task: UnsafePointer<gemm_task>, _ body: (gemm_tile) -> Void) {
  let rows = task.pointee.rows
  let tiles = (rows + tileRows - 1) / tileRows
  // One allocation for the whole task: temporary allocations over a kilobyte come from the heap.
  let sumsBytes = tileRows * tileColumns * MemoryLayout<Float>.size
  withUnsafeTemporaryAllocation(byteCount: sumsBytes + 16 * tileRows, alignment: 64) { scratch in
    let base = scratch.baseAddress.unsafelyUnwrapped
    var tile = gemm_tile()
    tile.sums = base.assumingMemoryBound(to: Float.self)
    tile.activations = (base + sumsBytes).assumingMemoryBound(to: UnsafeRawPointer?.self)
    tile.scale_index = (base + sumsBytes + 8 * tileRows).assumingMemoryBound(to: Int.self)
    tile.column = task.pointee.first_column
    while tile.column < task.pointee.end_column {
      tile.is_wide = tile.column + lanes < task.pointee.end_column ? 1 : 0
      tile.row = 0
      for i in 0..<tiles {
        tile.rows = (rows - tile.row + tiles - i - 1) / (tiles - i)
        body(tile)
        tile.row += tile.rows
      }
      tile.column += tileColumns
    }
  }
}

/// Fetches the row pointers of `count` rows; those beyond the tile's rows repeat the last one and are never stored.
@inline(__always) func locateRows(_ task: gemm_task, _ tile: gemm_tile, _ count: Int) {
  for r in 0..<count {
    let source = tile.row + (r < tile.rows ? r : tile.rows - 1)
    tile.activations[r] = task.activations + task.row_offsets[source]
    tile.scale_index[r] = task.row_scales[source]
  }
}

/// Weights of the vector of columns that starts at `column`: 4 bytes a column, an int8 group of four or one Float.
@inline(__always) func weightsStart(_ task: gemm_task, _ column: Int) -> UnsafeRawPointer {
  task.weights + column / panelWidth * task.panel_stride + column % panelWidth * 4
}

/// Sums of a block's int8 weights for the vector of columns that starts at `column`.
@inline(__always) func columnSums(_ task: gemm_task, _ block: Int, _ column: Int) -> VInt32 {
  let index = (column / panelWidth * task.blocks + block) * panelWidth + column % panelWidth
  return UnsafeRawPointer(task.column_sums + index).loadUnaligned(as: VInt32.self)
}

/// Channel scale, bias, residual and activation bounds; writes `rows` rows of the output.
@inline(__always) func finishTile(
  _ task: gemm_task, _ tile: gemm_tile, _ isWide: Bool, _ scale0: VFloat, _ scale1: VFloat
) {
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  let bias0 = load(task.bias + tile.column)
  let bias1 = isWide ? load(task.bias + tile.column + lanes) : bias0
  let columns = task.end_column - tile.column
  var sum = tile.sums.unsafelyUnwrapped
  var output = task.output.unsafelyUnwrapped + tile.row * task.output_stride + tile.column
  guard columns >= (isWide ? tileColumns : lanes) else {
    for r in 0..<tile.rows {
      let residual = task.residual.map { $0 + (tile.row + r) * task.residual_stride + tile.column }
      store(multiplyAdd(bias0, load(sum), scale0), sum)
      if isWide { store(multiplyAdd(bias1, load(sum + lanes), scale1), sum + lanes) }
      // Apart from the clamp, so that no masked load of a null pointer comes of it (qemu faults on those).
      if let residual {
        for i in 0..<columns { sum[i] += residual[i] }
      }
      for i in 0..<columns {
        let value = sum[i]
        output[i] = value < task.lower ? task.lower : value > task.upper ? task.upper : value
      }
      sum += tileColumns
      output += task.output_stride
    }
    return
  }
  if var residual = task.residual {
    residual += tile.row * task.residual_stride + tile.column
    for _ in 0..<tile.rows {
      store(clamp(multiplyAdd(bias0, load(sum), scale0) + load(residual), lower, upper), output)
      if isWide {
        let value = multiplyAdd(bias1, load(sum + lanes), scale1) + load(residual + lanes)
        store(clamp(value, lower, upper), output + lanes)
      }
      residual += task.residual_stride
      sum += tileColumns
      output += task.output_stride
    }
  } else {
    for _ in 0..<tile.rows {
      store(clamp(multiplyAdd(bias0, load(sum), scale0), lower, upper), output)
      if isWide { store(clamp(multiplyAdd(bias1, load(sum + lanes), scale1), lower, upper), output + lanes) }
      sum += tileColumns
      output += task.output_stride
    }
  }
}
