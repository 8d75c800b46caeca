import CShim

/// What the multiplications of training read. Sums, and all that lies between the multiplications, are Float.
public enum OperandPrecision: String, Sendable, CaseIterable {
  case float32
  /// The upper half of a Float, rounded to the nearest, ties to even.
  case bf16

  public var element: PreparedInput.Element { self == .float32 ? .float : .bfloat16 }
}

/// A dense convolution of several images at once, planned once: implicit GEMM whose rows are the output pixels of all images.
public struct BatchConvolution: Sendable {
  public let operand: PreparedInput
  public let outputHeight, outputWidth, outputChannels: Int
  let stride: Int
  fileprivate let runs: ConvolutionRuns
  fileprivate let bandRows, bandColumns: Int
  /// Elements of K in memory.
  public let depth: Int

  var rows: Int { operand.images * outputHeight * outputWidth }

  /// - Parameter operand: carries exactly the padding that the windows want above and to the left.
  /// - Precondition: every window lies inside the padded input.
  public init(
    operand: PreparedInput, layout: ReductionLayout, stride: Int, outputHeight: Int, outputWidth: Int,
    outputChannels: Int, context: ExecutionContext
  ) {
    require(
      (outputHeight - 1) * stride + layout.extentHeight <= operand.paddedHeight
        && (outputWidth - 1) * stride + layout.extentWidth <= operand.paddedWidth, "windows inside the padded input")
    require(operand.channels == layout.channels, "weights for the input's channels")
    self.operand = operand
    (self.stride, self.outputHeight, self.outputWidth) = (stride, outputHeight, outputWidth)
    self.outputChannels = outputChannels
    depth = layout.depth
    runs = ConvolutionRuns(
      layout, over: operand, columns: outputChannels, format: context.kernels.activationFormat)
    let rows = operand.images * outputHeight * outputWidth
    let bytesPerRow = operand.storedChannels * operand.elementSize * stride * stride
    (bandRows, bandColumns) = gemmChunks(
      rows: rows, columns: outputChannels, depth: depth, bytesPerRow: bytesPerRow,
      tileRows: context.kernels.functions.tileRows, threads: context.pool.threads)
  }

  /// Calls `body` with the number, in `rows`, and the byte offset of each output pixel's first activation.
  fileprivate func locate(_ rows: Range<Int>, _ body: (_ row: Int, _ offset: Int) -> Void) {
    let pixels = outputHeight * outputWidth
    let pixelBytes = operand.storedChannels * operand.elementSize
    var image = rows.lowerBound / pixels
    var (y, x) = (rows.lowerBound % pixels).quotientAndRemainder(dividingBy: outputWidth)
    for i in 0..<rows.count {
      body(i, (image * operand.paddedPixels + (y * operand.paddedWidth + x) * stride) * pixelBytes)
      x += 1
      if x == outputWidth { (x, y) = (0, y + 1) }
      if y == outputHeight { (y, image) = (0, image + 1) }
    }
  }
}

/// Bands of rows whose activations stay in the L2 cache while all columns pass; where these are too few for the threads,
/// columns are split too. No element's sum depends on the partition.
func gemmChunks(
  rows: Int, columns: Int, depth: Int, bytesPerRow: Int, tileRows: Int, threads: Int
) -> (rows: Int, columns: Int) {
  let wanted = threads == 1 ? 1 : 4 * threads
  var band = max(tileRows, min(rows, (256 << 10) / max(1, bytesPerRow)))
  let smallest = max(4 * tileRows, 400_000 / max(1, depth * columns))
  if rows / band < wanted { band = min(band, max(smallest, (rows + wanted - 1) / wanted)) }
  band = (band + tileRows - 1) / tileRows * tileRows
  let bands = (rows + band - 1) / band
  let columnChunks = max(1, min((wanted + bands - 1) / bands, band * depth * columns / 400_000))
  let width = ((columns + columnChunks - 1) / columnChunks + 31) / 32 * 32
  return (min(band, rows), width)
}

extension ExecutionContext {
  /// `output[pixel, n] = clamp(convolution + bias[n] + residual[pixel, n])`.
  ///
  /// - Parameters:
  ///   - operand: in the plan's form.
  ///   - panels: `[outputs / 16][depth][16]` Floats, or `[outputs / 16][depth / 2][16][2]` bf16.
  ///   - residual: of the output's shape and not the output itself, or nil.
  ///   - output: `[images, outputHeight, outputWidth, outputChannels]`.
  public func convolution(
    _ plan: BatchConvolution, operand: UnsafeRawPointer, panels: UnsafeRawPointer, bias: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, clamp: Clamp, output: UnsafeMutablePointer<Float>
  ) {
    let columns = plan.outputChannels
    let bands = (plan.rows + plan.bandRows - 1) / plan.bandRows
    let columnChunks = (columns + plan.bandColumns - 1) / plan.bandColumns
    pool.run(chunks: bands * columnChunks) { chunk in
      let firstRow = chunk / columnChunks * plan.bandRows
      let count = min(plan.bandRows, plan.rows - firstRow)
      let firstColumn = chunk % columnChunks * plan.bandColumns
      let scratch = GemmScratch(threadScratch(GemmScratch.byteCount(rows: count)))
      plan.locate(firstRow..<firstRow + count) { row, offset in
        let first = (firstRow + row) * columns
        scratch.rows[row] = scratch.row(activations: operand + offset, scales: nil, output: output + first)
        if let residual { scratch.rows[row].residual = residual + first }
      }
      var task = scratch.task(rows: count)
      task.weights = panels
      task.panel_stride = plan.depth * PanelLayout.width * plan.operand.elementSize
      task.bias = bias
      task.residual_step = residual == nil ? 0 : 1
      task.first_column = firstColumn
      task.end_column = min(columns, firstColumn + plan.bandColumns)
      (task.lower, task.upper) = (clamp.lower, clamp.upper)
      plan.runs.forEachPart(of: task) {
        plan.operand.element == .bfloat16 ? kernels.functions.gemmBFloat16($0) : kernels.functions.gemmFloat($0)
      }
    }
  }
}
