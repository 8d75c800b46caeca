// Products of Float matrices that are not known before they are needed: the attention head's, and their gradients.

import CShim

/// A view of row-major Floats, valid while its values are.
public struct Matrix {
  public var values: UnsafePointer<Float>
  public var rows, columns: Int
  /// Elements from row to row.
  public var stride: Int

  public init(_ values: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    (self.values, self.rows, self.columns, self.stride) = (values, rows, columns, stride ?? columns)
  }

  /// An array that stands for a pointer may be gone when the call returns.
  @available(*, unavailable, message: "use the array's withMatrix")
  public init(_ values: [Float], rows: Int, columns: Int, stride: Int? = nil) { fatalError() }

  /// Floats of this matrix in panels, as the right operand of a product.
  public var panelFloats: Int { PanelLayout.padded(columns) * depth }
  /// Floats of this matrix's transpose in panels.
  public var transposedPanelFloats: Int { PanelLayout.padded(rows) * transposedDepth }
  var depth: Int { PanelLayout.groups(rows) * PanelLayout.group }
  var transposedDepth: Int { PanelLayout.groups(columns) * PanelLayout.group }
}

extension [Float] {
  /// Calls `body` with a view of these values, which is valid until it returns.
  public func withMatrix<R>(rows: Int, columns: Int, _ body: (Matrix) -> R) -> R {
    require(count == rows * columns && count > 0, "a matrix has rows and columns")
    return withUnsafeBufferPointer { values in
      let values = values.baseAddress.unsafelyUnwrapped
      return body(Matrix(values, rows: rows, columns: columns))
    }
  }
}

extension KernelTable {
  /// `output = a b + bias`, or `output += a b + bias`, in the calling thread.
  ///
  /// - Parameters:
  ///   - panels: b, `[a.columns, columns]`, in panels.
  ///   - bias: `columns` values rounded up to 16.
  ///   - part: which columns are computed; starts at a multiple of 32.
  ///   - output: readable for 32 elements beyond its end where it is added to.
  func product(
    _ a: Matrix, panels: UnsafePointer<Float>, columns part: Range<Int>, bias: UnsafePointer<Float>, accumulate: Bool,
    into output: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let gemmBytes = GemmScratch.byteCount(rows: a.rows)
    let memory = threadScratch(gemmBytes + PanelLayout.padded(part.upperBound) * MemoryLayout<Float>.size)
    let scratch = GemmScratch(memory)
    for row in 0..<a.rows {
      let target = output + row * stride
      scratch.rows[row] = scratch.row(activations: a.values + row * a.stride, scales: nil, output: target)
      if accumulate { scratch.rows[row].residual = UnsafePointer(target) }
    }
    var task = scratch.task(rows: a.rows)
    // Rows that fill up the last tile must not be added to the last row once more.
    let nowhere = (memory + gemmBytes).assumingMemoryBound(to: Float.self)
    for row in a.rows..<a.rows + Int(gemm_tile_rows) - 1 {
      scratch.rows[row].output = nowhere
    }
    var run = gemm_run(
      offset: 0, groups: PanelLayout.groups(a.columns), length: a.columns, weights: 0, scale: 0, ends_block: 1)
    withUnsafePointer(to: &run) { run in
      task.runs = run
      task.run_count = 1
      task.weights = UnsafeRawPointer(panels)
      task.panel_stride = a.transposedDepth * PanelLayout.width * MemoryLayout<Float>.size
      task.bias = bias
      task.residual_step = accumulate ? 1 : 0
      (task.first_column, task.end_column) = (part.lowerBound, part.upperBound)
      functions.gemmFloat(&task)
    }
  }
}

/// Writes columns `16 * panel ..< 16 * panel + 16` of `b` as a panel; what lies outside is zero.
func packPanel(_ panel: Int, of b: Matrix, into panels: UnsafeMutablePointer<Float>) {
  let width = PanelLayout.width
  let target = panels + panel * b.depth * width
  let count = min(width, b.columns - panel * width)
  for k in 0..<b.depth {
    let row = target + k * width
    if k < b.rows, count == width {
      row.update(from: b.values + k * b.stride + panel * width, count: width)
    } else {
      for i in 0..<width { row[i] = k < b.rows && i < count ? b.values[k * b.stride + panel * width + i] : 0 }
    }
  }
}

/// Writes rows `16 * panel ..< 16 * panel + 16` of `b` as a panel of its transpose; what lies outside is zero.
func packTransposedPanel(_ panel: Int, of b: Matrix, into panels: UnsafeMutablePointer<Float>) {
  let width = PanelLayout.width
  let target = panels + panel * b.transposedDepth * width
  for i in 0..<width {
    let n = panel * width + i
    for k in 0..<b.transposedDepth {
      target[k * width + i] = n < b.rows && k < b.columns ? b.values[n * b.stride + k] : 0
    }
  }
}

extension ExecutionContext {
  /// Packs `b` as the right operand of a product: `b.panelFloats`.
  public func packPanels(_ b: Matrix, into panels: UnsafeMutablePointer<Float>) {
    pool.run(chunks: PanelLayout.panels(b.columns)) { packPanel($0, of: b, into: panels) }
  }

  /// Packs the transpose of `b` as the right operand of a product: `b.transposedPanelFloats`.
  public func packTransposedPanels(_ b: Matrix, into panels: UnsafeMutablePointer<Float>) {
    pool.run(chunks: PanelLayout.panels(b.rows)) { packTransposedPanel($0, of: b, into: panels) }
  }

  /// `output = a b + bias`, or `output += a b + bias`; `output` is `[a.rows, columns]` without gaps, and readable for 32 elements
  /// beyond its end where it is added to.
  public func product(
    _ a: Matrix, panels: UnsafePointer<Float>, columns: Int, bias: UnsafePointer<Float>, accumulate: Bool = false,
    into output: UnsafeMutablePointer<Float>
  ) {
    let (band, width) = gemmChunks(
      rows: a.rows, columns: columns, depth: a.columns, bytesPerRow: 4 * a.columns,
      tileRows: kernels.functions.tileRows,
      threads: pool.threads)
    let columnChunks = (columns + width - 1) / width
    pool.run(chunks: (a.rows + band - 1) / band * columnChunks) { chunk in
      let first = chunk / columnChunks * band
      let rows = min(band, a.rows - first)
      let column = chunk % columnChunks * width
      kernels.product(
        Matrix(a.values + first * a.stride, rows: rows, columns: a.columns, stride: a.stride), panels: panels,
        columns: column..<min(columns, column + width), bias: bias, accumulate: accumulate,
        into: output + first * columns, stride: columns)
    }
  }

  /// Rows that `transposedProduct` packs at a time.
  private static let blockRows = 1024

  /// Floats of scratch memory for `transposedProduct` of matrices with these columns.
  public static func transposedProductScratch(_ m: Int, _ n: Int) -> Int {
    blockRows * (m + PanelLayout.padded(n)) + m * n + Int(gemm_tile_columns)
  }

  /// `output = aᵀ b` without gaps, `[a.columns, b.columns]`: the gradient of a weight matrix.
  ///
  /// Sums run over blocks of rows in order, so that threads do not change a bit.
  ///
  /// - Parameter zeros: `b.columns` rounded up to 16.
  public func transposedProduct(
    _ a: Matrix, _ b: Matrix, scratch: UnsafeMutablePointer<Float>, zeros: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    require(a.rows == b.rows, "the operands have rows in common")
    let stride = Self.blockRows
    let panels = scratch + a.columns * stride
    // Kernels read what they add to in whole vectors, beyond the last column.
    let sums = panels + PanelLayout.padded(b.columns) * stride
    let columnGroups = (a.columns + 15) / 16
    for first in Swift.stride(from: 0, to: a.rows, by: Self.blockRows) {
      let rows = min(Self.blockRows, a.rows - first)
      let block = Matrix(b.values + first * b.stride, rows: rows, columns: b.columns, stride: b.stride)
      pool.run(chunks: columnGroups + PanelLayout.panels(b.columns)) { chunk in
        if chunk >= columnGroups { return packPanel(chunk - columnGroups, of: block, into: panels) }
        let columns = chunk * 16..<min(a.columns, chunk * 16 + 16)
        for row in 0..<rows {
          let source = a.values + (first + row) * a.stride
          for c in columns { scratch[c * stride + row] = source[c] }
        }
      }
      product(
        Matrix(scratch, rows: a.columns, columns: rows, stride: stride), panels: panels, columns: b.columns,
        bias: zeros, accumulate: first > 0, into: sums)
    }
    output.update(from: sums, count: a.columns * b.columns)
  }
}
