// Products of pairs of matrices that depend on the image.

import CShim

/// Pairs of matrices `[rows, depth]` and `[depth, columns]`, one pair after the other.
public struct ProductBatch: Sendable, Equatable {
  public var count, rows, depth, columns: Int
  /// Whether the second matrices are stored as `[columns, depth]`.
  public var isTransposed: Bool

  public init(count: Int, rows: Int, depth: Int, columns: Int, isTransposed: Bool) {
    (self.count, self.rows, self.depth, self.columns) = (count, rows, depth, columns)
    self.isTransposed = isTransposed
  }

  /// Elements of all first matrices, second ones, and products.
  public var firstCount: Int { count * rows * depth }
  public var secondCount: Int { count * depth * columns }
  public var productCount: Int { count * rows * columns }
}

extension ExecutionContext {
  /// The product of each pair.
  public func products(
    _ batch: ProductBatch, _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let (rows, depth, columns) = (batch.rows, batch.depth, batch.columns)
    forEachPair(batch) { index in
      let a = Matrix(first + index * rows * depth, rows: rows, columns: depth)
      let b = second + index * depth * columns
      multiply(
        a,
        batch.isTransposed
          ? .transposed(Matrix(b, rows: columns, columns: depth)) : .plain(Matrix(b, rows: depth, columns: columns)),
        columns: columns, into: output + index * rows * columns)
    }
  }

  /// The gradient of the first matrices: that of the products times the transposed second ones.
  public func firstGradients(
    _ batch: ProductBatch, _ gradient: UnsafePointer<Float>, second: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let (rows, depth, columns) = (batch.rows, batch.depth, batch.columns)
    forEachPair(batch) { index in
      let g = Matrix(gradient + index * rows * columns, rows: rows, columns: columns)
      let b = second + index * depth * columns
      multiply(
        g,
        batch.isTransposed
          ? .plain(Matrix(b, rows: columns, columns: depth)) : .transposed(Matrix(b, rows: depth, columns: columns)),
        columns: depth, into: output + index * rows * depth)
    }
  }

  /// The gradient of the second matrices, stored as they are: the transposed first ones times that of the products, or its
  /// transpose.
  public func secondGradients(
    _ batch: ProductBatch, _ gradient: UnsafePointer<Float>, first: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let (rows, depth, columns) = (batch.rows, batch.depth, batch.columns)
    forEachPair(batch) { index in
      let g = Matrix(gradient + index * rows * columns, rows: rows, columns: columns)
      let a = Matrix(first + index * rows * depth, rows: rows, columns: depth)
      let (left, right) = batch.isTransposed ? (g, a) : (a, g)
      withTranspose(left) {
        multiply($0, .plain(right), columns: right.columns, into: output + index * depth * columns)
      }
    }
  }

  /// Pairs run in parallel where there are several.
  private func forEachPair(_ batch: ProductBatch, _ body: (Int) -> Void) {
    pool.run(chunks: batch.count, body)
  }

  private enum Right {
    case plain(Matrix), transposed(Matrix)
  }

  private func multiply(_ a: Matrix, _ b: Right, columns: Int, into output: UnsafeMutablePointer<Float>) {
    let zeroCount = PanelLayout.padded(columns)
    let panelFloats =
      switch b {
      case .plain(let matrix): matrix.panelFloats
      case .transposed(let matrix): matrix.transposedPanelFloats
      }
    withUnsafeTemporaryAllocation(byteCount: 4 * (panelFloats + zeroCount), alignment: 64) { memory in
      guard let panels = memory.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
      let zeros = panels + panelFloats
      zeros.update(repeating: 0, count: zeroCount)
      for panel in 0..<PanelLayout.panels(columns) {
        switch b {
        case .plain(let matrix): packPanel(panel, of: matrix, into: panels)
        case .transposed(let matrix): packTransposedPanel(panel, of: matrix, into: panels)
        }
      }
      kernels.product(
        a, panels: panels, columns: 0..<columns, bias: zeros, accumulate: false, into: output, stride: columns)
    }
  }

  private func withTranspose(_ a: Matrix, _ body: (Matrix) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: a.rows * a.columns) { memory in
      guard let transposed = memory.baseAddress else { return }
      for row in 0..<a.rows {
        for column in 0..<a.columns { transposed[column * a.rows + row] = a.values[row * a.stride + column] }
      }
      body(Matrix(transposed, rows: a.columns, columns: a.rows))
    }
  }
}
