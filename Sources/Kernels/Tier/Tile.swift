// What the int8 and the Float micro-kernels share: the walk over tiles, row pointers, and the epilogue.

import CShim

/// Calls `body` for every tile of the task, of `height` rows or, at the end, fewer.
@inline(__always) func forEachTile(
  _ task: UnsafePointer<gemm_task>, height: Int, _ body: (gemm_tile) -> Void
) {
  forEachTile(task, heightOf: { _ in height }, highest: height, wholeTiles: { _ in 0 }, body)
}

/// The same with a height of each column's own.
///
/// - Parameters:
///   - highest: as many rows at the end are one tile.
///   - wholeTiles: does whole tiles of two vectors of columns by itself, and yields the rows that are done.
@inline(__always) func forEachTile(
  _ task: UnsafePointer<gemm_task>, heightOf: (_ column: Int) -> Int, highest: Int, wholeTiles: (gemm_tile) -> Int,
  _ body: (gemm_tile) -> Void
) {
  let rows = task.pointee.rows
  var tile = gemm_tile()
  tile.column = task.pointee.first_column
  while tile.column < task.pointee.end_column {
    tile.is_wide = tile.column + lanes < task.pointee.end_column ? 1 : 0
    tile.row = 0
    let height = heightOf(tile.column)
    if tile.is_wide != 0 { tile.row = wholeTiles(tile) }
    while tile.row < rows {
      tile.rows = rows - tile.row <= highest ? rows - tile.row : height
      // The first tiles of a panel fetch the next panels: nothing else would ask for them in time.
      let distance = tile.row / height * panel_width
      let next = tile.column + tileColumns + distance
      let isFetching = rows > height && distance < tileColumns && next < task.pointee.end_column
      tile.next_weights = weightsStart(task.pointee, isFetching ? next : tile.column)
      if task.pointee.row_data.pointee.residual_levels != nil { widenResidual(task, tile) }
      body(tile)
      tile.row += tile.rows
    }
    tile.column += tileColumns
  }
}

/// Where row `r` of a tile goes. A tile that sticks out over the last channel is written to the scratch memory first.
@inline(__always) func outputRow(
  _ task: gemm_task, _ tile: gemm_tile, _ row: gemm_row, _ r: Int, _ isWhole: Bool
) -> UnsafeMutablePointer<Float> {
  isWhole ? row.output + place(task, tile.column) : task.sums + r * tileColumns
}

/// Where a column lies in an output row.
@inline(__always) func place(_ task: gemm_task, _ column: Int) -> Int {
  column / panel_width * task.output_panel + column % panel_width
}

/// From the first of a tile's two vectors in `outputRow` to the second.
@inline(__always) func secondVector(_ task: gemm_task, _ isWhole: Bool) -> Int {
  lanes == panel_width && isWhole ? task.output_panel : lanes
}

@inline(__always) func isWhole(_ task: gemm_task, _ tile: gemm_tile, _ isWide: Bool) -> Bool {
  task.end_column - tile.column >= (isWide ? tileColumns : lanes)
}

/// Whether anything is added to the sums.
@inline(__always) func hasResidual(_ task: gemm_task) -> Bool {
  task.residual_step != 0 || task.row_data.pointee.residual_levels != nil
}

/// Asks for what the end of a tile reads and writes: it arrives while the sums are computed.
@inline(__always) func fetchRows(_ task: gemm_task, _ tile: gemm_tile, _ rows: UnsafePointer<gemm_row>, _ count: Int) {
  if task.is_output_cold != 0 {
    for r in 0..<count {
      shim_prefetch_for_writing(rows[r].output + place(task, tile.column))
      shim_prefetch_for_writing(rows[r].output + place(task, tile.column + lanes))
    }
  }
  if task.residual_step != 0 {
    for r in 0..<count {
      shim_prefetch(rows[r].residual + tile.column)
      shim_prefetch(rows[r].residual + tile.column + lanes)
    }
  }
}

/// Turns the tile's part of a quantized residual into Floats, and asks for the next tile's.
@inline(never) func widenResidual(_ task: UnsafePointer<gemm_task>, _ tile: gemm_tile) {
  let columns = min(tileColumns, task.pointee.end_column - tile.column)
  let next = tile.row + tile.rows
  for r in 0..<tile.rows {
    let row = task.pointee.row_data[tile.row + r]
    let levels = row.residual_levels + tile.column
    shim_prefetch(task.pointee.row_data[min(next + r, task.pointee.rows - 1)].residual_levels + tile.column)
    let target = UnsafeMutablePointer(mutating: row.residual.unsafelyUnwrapped)
    // A tile that starts at an odd panel may end in the next block.
    let scale = row.residual_scales[tile.column / block_length]
    if columns == tileColumns {
      store(widened(levels) * scale, target)
      let second = row.residual_scales[(tile.column + lanes) / block_length]
      store(widened(levels + lanes) * second, target + lanes)
      continue
    }
    var i = 0
    while i + lanes <= columns {
      store(widened(levels + i) * row.residual_scales[(tile.column + i) / block_length], target + i)
      i += lanes
    }
    while i < columns {
      target[i] = Float(levels[i] ^ levelMask) * row.residual_scales[(tile.column + i) / block_length]
      i += 1
    }
  }
}

/// A vector of a row's quantized residual.
@inline(__always) func residual(_ row: gemm_row, _ column: Int) -> VFloat {
  widened(row.residual_levels + column) * row.residual_scales[column / block_length]
}

/// A vector of levels that are never negative, as stored, in Float.
@inline(__always) private func widened(_ levels: UnsafePointer<UInt8>) -> VFloat {
  toFloat(UnsafeRawPointer(levels).loadUnaligned(as: VUInt8.self) ^ VUInt8(repeating: levelMask))
}

/// Weights of the vector of columns that starts at `column`: 4 bytes a column, an int8 group of four or one Float.
@inline(__always) func weightsStart(_ task: gemm_task, _ column: Int) -> UnsafeRawPointer {
  task.weights + column / panel_width * task.panel_stride + column % panel_width * 4
}

/// Sums of a block's int8 weights for the vector of columns that starts at `column`.
@inline(__always) func columnSums(_ task: gemm_task, _ block: Int, _ column: Int) -> VInt32 {
  let index = (column / panel_width * task.blocks + block) * panel_width + column % panel_width
  return UnsafeRawPointer(task.column_sums + index).loadUnaligned(as: VInt32.self)
}

/// Copies a tile that sticks out over the last channel to its place.
@inline(__always) func copyPartialTile(_ task: gemm_task, _ tile: gemm_tile, _ isWide: Bool) {
  guard !isWhole(task, tile, isWide) else { return }
  let columns = task.end_column - tile.column
  for r in 0..<tile.rows {
    let output = task.row_data[tile.row + r].output.unsafelyUnwrapped
    let sums = task.sums + r * tileColumns
    let whole = columns < lanes ? 0 : lanes
    if whole > 0 { store(load(sums), output + place(task, tile.column)) }
    for i in whole..<columns { output[place(task, tile.column + i)] = sums[i] }
  }
}
