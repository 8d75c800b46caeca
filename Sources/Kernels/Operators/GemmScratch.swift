import CShim

/// Memory that a GEMM task works in, and that its rows are described in.
struct GemmScratch {
  private static let tileFloats = Int(gemm_tile_rows * gemm_tile_columns)
  private static let tileBytes = tileFloats * MemoryLayout<Float>.size
  private static let zerosBytes = Int(gemm_tile_columns) * MemoryLayout<Float>.size

  private let base: UnsafeMutableRawPointer

  init(_ base: UnsafeMutableRawPointer) {
    self.base = base
    zeros.update(repeating: 0, count: Int(gemm_tile_columns))
  }

  /// Bytes that `rows` rows take, a multiple of 64.
  static func byteCount(rows: Int) -> Int {
    let described = (rows + Int(gemm_tile_rows)) * MemoryLayout<gemm_row>.stride
    return (2 * tileBytes + zerosBytes + described + 63) / 64 * 64
  }

  private var sums: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
  private var widened: UnsafeMutablePointer<Float> { sums + Self.tileFloats }
  private var zeros: UnsafeMutablePointer<Float> { widened + Self.tileFloats }
  var rows: UnsafeMutablePointer<gemm_row> {
    (base + 2 * Self.tileBytes + Self.zerosBytes).assumingMemoryBound(to: gemm_row.self)
  }

  /// A row without a residual.
  func row(
    activations: UnsafeRawPointer, scales: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>
  ) -> gemm_row {
    gemm_row(
      activations: activations, scales: scales, output: output, residual: zeros, residual_levels: nil,
      residual_scales: nil)
  }

  /// Where the residual of a tile's row is widened, by the row's number in the task.
  func widenedResidual(row: Int, tileRows: Int) -> UnsafePointer<Float> {
    UnsafePointer(widened + row % tileRows * Int(gemm_tile_columns))
  }

  /// A task over the first `count` rows, which have been written; what is left open is the caller's to fill in.
  func task(rows count: Int) -> gemm_task {
    // Kernels compute whole tiles.
    for row in count..<count + Int(gemm_tile_rows) - 1 { rows[row] = rows[count - 1] }
    var task = gemm_task()
    task.row_data = UnsafePointer(rows)
    task.rows = count
    task.sums = sums
    task.zeros = UnsafePointer(zeros)
    task.output_panel = PanelLayout.width
    task.lower = -.infinity
    task.upper = .infinity
    return task
  }
}

/// 64-byte aligned memory of the calling thread, valid until its next call.
func threadScratch(_ bytes: Int) -> UnsafeMutableRawPointer {
  shim_thread_scratch(max(1, bytes))
}
