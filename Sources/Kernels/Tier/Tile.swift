// What the int8 and the Float micro-kernels share: the walk over tiles, row pointers, and the epilogue.

import CShim

/// Output channels per weight panel.
@inline(__always) var panelWidth: Int { 16 }

/// Calls `body(row, rows, column, isWide)` for every tile of the task; `isWide` = two vectors of columns hold channels.
///
/// Rows are shared out evenly: 49 pixels become 10 + 10 + 10 + 10 + 9, not 12 + 12 + 12 + 12 + 1.
@inline(__always) func forEachTile(_ task: UnsafePointer<gemm_task>, _ body: (Int, Int, Int, Bool) -> Void) {
  let rows = task.pointee.rows
  let tiles = (rows + tileRows - 1) / tileRows
  var column = task.pointee.first_column
  while column < task.pointee.end_column {
    let isWide = column + lanes < task.pointee.end_column
    var row = 0
    for tile in 0..<tiles {
      let count = (rows - row) / (tiles - tile) + ((rows - row) % (tiles - tile) == 0 ? 0 : 1)
      body(row, count, column, isWide)
      row += count
    }
    column += tileColumns
  }
}

/// Where the weights of a tile's one or two vectors of columns start.
struct TileWeights {
  let first, second: UnsafeRawPointer
  private let column: Int

  @inline(__always) init(_ task: gemm_task, _ column: Int, _ isWide: Bool) {
    self.column = column
    first = Self.start(task, column)
    second = isWide ? Self.start(task, column + lanes) : first
  }

  @inline(__always) private static func start(_ task: gemm_task, _ column: Int) -> UnsafeRawPointer {
    // 4 bytes a column: an int8 group of four, or one Float.
    task.weights + column / panelWidth * task.panel_stride + column % panelWidth * 4
  }

  @inline(__always) func columnSums(_ task: gemm_task, _ block: Int, _ vector: Int) -> VInt32 {
    let column = column + vector * lanes
    let index = (column / panelWidth * task.blocks + block) * panelWidth + column % panelWidth
    return UnsafeRawPointer(task.column_sums + index).loadUnaligned(as: VInt32.self)
  }
}

/// Hands `body` the tile's row pointers, its scale indices and zeroed Float sums `[R, tileColumns]`; rows beyond `rows` repeat
/// the last one and are never stored.
@inline(__always) func withTileRows<let R: Int, V>(
  _ task: gemm_task, _ row: Int, _ rows: Int, _: InlineArray<R, V>,
  _ body: (UnsafePointer<UnsafeRawPointer>, UnsafePointer<Int>, UnsafeMutablePointer<Float>) -> Void
) {
  withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: R) { pointers in
    withUnsafeTemporaryAllocation(of: Int.self, capacity: R) { indices in
      withUnsafeTemporaryAllocation(byteCount: R * tileColumns * 4, alignment: 64) { buffer in
        let sums = buffer.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Float.self)
        for r in 0..<R {
          let source = row + (r < rows ? r : rows - 1)
          pointers[r] = task.activations + task.row_offsets[source]
          indices[r] = task.row_scales[source]
          store(.zero, sums + r * tileColumns)
          store(.zero, sums + r * tileColumns + lanes)
        }
        body(pointers.baseAddress.unsafelyUnwrapped, indices.baseAddress.unsafelyUnwrapped, sums)
      }
    }
  }
}

/// Channel scale, bias, residual and activation bounds; writes `rows` rows of the output.
@inline(__always) func finishTile(
  _ task: gemm_task, _ row: Int, _ rows: Int, _ column: Int, _ isWide: Bool, _ sums: UnsafeMutablePointer<Float>,
  _ scale0: VFloat, _ scale1: VFloat
) {
  let lower = VFloat(repeating: task.lower)
  let upper = VFloat(repeating: task.upper)
  let bias0 = load(task.bias + column)
  let bias1 = isWide ? load(task.bias + column + lanes) : bias0
  let columns = task.end_column - column
  let isWhole = columns >= (isWide ? tileColumns : lanes)
  for r in 0..<rows {
    let sum = sums + r * tileColumns
    let output = task.output + (row + r) * task.output_stride + column
    let residual = task.residual.map { $0 + (row + r) * task.residual_stride + column }
    var v0 = multiplyAdd(bias0, load(sum), scale0)
    var v1 = isWide ? multiplyAdd(bias1, load(sum + lanes), scale1) : v0
    if isWhole {
      if let residual {
        v0 += load(residual)
        if isWide { v1 += load(residual + lanes) }
      }
      store(clamp(v0, lower, upper), output)
      if isWide { store(clamp(v1, lower, upper), output + lanes) }
    } else {
      store(v0, sum)
      if isWide { store(v1, sum + lanes) }
      for i in 0..<columns {
        let value = sum[i] + (residual.map { $0[i] } ?? 0)
        output[i] = min(max(value, task.lower), task.upper)
      }
    }
  }
}
