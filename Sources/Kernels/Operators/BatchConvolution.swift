import CShim

/// What the multiplications of training read. Sums, and all that lies between the multiplications, are Float.
public enum OperandPrecision: String, Sendable, CaseIterable {
  case float32
  /// The upper half of a Float, rounded to the nearest, ties to even.
  case bf16

  /// Bytes of one operand.
  public var size: Int { self == .float32 ? 4 : 2 }
}

/// The activations of several images, made ready for a convolution: channels filled up to whole groups of 4, and zero padding
/// physically around every image.
public struct BatchOperand: Sendable, Equatable {
  public var precision: OperandPrecision
  public var images, height, width, channels: Int
  public var top, left, bottom, right: Int

  public init(
    precision: OperandPrecision, images: Int, height: Int, width: Int, channels: Int, top: Int = 0, left: Int = 0,
    bottom: Int = 0, right: Int = 0
  ) {
    (self.precision, self.images, self.height, self.width) = (precision, images, height, width)
    (self.channels, self.top, self.left, self.bottom, self.right) = (channels, top, left, bottom, right)
  }

  var paddedHeight: Int { top + height + bottom }
  var paddedWidth: Int { left + width + right }
  var storedChannels: Int { PanelLayout.groups(channels) * PanelLayout.group }
  var imagePixels: Int { paddedHeight * paddedWidth }

  public var byteCount: Int { images * imagePixels * storedChannels * precision.size }

  /// True if a Float tensor as it is already has this form.
  public var isPlain: Bool {
    precision == .float32 && imagePixels == height * width && storedChannels == channels
  }
}

/// A dense convolution of several images at once, planned once: implicit GEMM whose rows are the output pixels of all images.
public struct BatchConvolution: Sendable {
  public let operand: BatchOperand
  public let outputHeight, outputWidth, outputChannels: Int
  let stride: Int
  let runs: [gemm_run]
  fileprivate let bandRows, bandColumns: Int
  /// Elements of K in memory.
  public let depth: Int

  var rows: Int { operand.images * outputHeight * outputWidth }

  /// - Parameter operand: carries exactly the padding that the windows want above and to the left.
  /// - Precondition: every window lies inside the padded input.
  public init(
    operand: BatchOperand, kernelHeight: Int, kernelWidth: Int, stride: Int, outputHeight: Int, outputWidth: Int,
    outputChannels: Int, context: ExecutionContext
  ) {
    require(
      (outputHeight - 1) * stride + kernelHeight <= operand.paddedHeight
        && (outputWidth - 1) * stride + kernelWidth <= operand.paddedWidth, "windows inside the padded input")
    let layout = ReductionLayout(kernelHeight: kernelHeight, kernelWidth: kernelWidth, channels: operand.channels)
    self.operand = operand
    (self.stride, self.outputHeight, self.outputWidth) = (stride, outputHeight, outputWidth)
    self.outputChannels = outputChannels
    depth = layout.groups * PanelLayout.group
    let size = operand.precision.size
    runs = layout.runs.map { run in
      let pixel = run.y * operand.paddedWidth + run.x
      return gemm_run(
        offset: (pixel * operand.storedChannels + run.channel) * size, groups: run.groups, length: run.length,
        weights: 0, scale: 0, ends_block: 0)
    }
    let rows = operand.images * outputHeight * outputWidth
    let bytesPerRow = operand.storedChannels * size * stride * stride
    (bandRows, bandColumns) = gemmChunks(
      rows: rows, columns: outputChannels, depth: depth, bytesPerRow: bytesPerRow,
      tileRows: context.kernels.functions.tileRows, threads: context.pool.threads)
  }

  /// Calls `body` with the number, in `rows`, and the byte offset of each output pixel's first activation.
  fileprivate func locate(_ rows: Range<Int>, _ body: (_ row: Int, _ offset: Int) -> Void) {
    let pixels = outputHeight * outputWidth
    let pixelBytes = operand.storedChannels * operand.precision.size
    var image = rows.lowerBound / pixels
    var (y, x) = (rows.lowerBound % pixels).quotientAndRemainder(dividingBy: outputWidth)
    for i in 0..<rows.count {
      body(i, (image * operand.imagePixels + (y * operand.paddedWidth + x) * stride) * pixelBytes)
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
    plan.runs.withUnsafeBufferPointer { runs in
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
        var task = scratch.task(rows: count, tileRows: kernels.functions.tileRows)
        task.runs = runs.baseAddress
        task.run_count = runs.count
        task.weights = panels
        task.panel_stride = plan.depth * PanelLayout.width * plan.operand.precision.size
        task.bias = bias
        task.residual_step = residual == nil ? 0 : 1
        task.first_column = firstColumn
        task.end_column = min(columns, firstColumn + plan.bandColumns)
        (task.lower, task.upper) = (clamp.lower, clamp.upper)
        multiply(&task, plan.operand.precision)
      }
    }
  }

  func multiply(_ task: UnsafePointer<gemm_task>, _ precision: OperandPrecision) {
    switch precision {
    case .float32: kernels.functions.gemmFloat(task)
    case .bf16: kernels.functions.gemmBFloat16(task)
    }
  }

  /// Writes Float `[images, height, width, channels]` in the operand's form.
  public func prepare(_ input: UnsafePointer<Float>, as form: BatchOperand, into output: UnsafeMutableRawPointer) {
    let rows = form.images * form.paddedHeight
    forEachRange(count: rows, grain: max(1, 16384 / (form.paddedWidth * form.storedChannels))) { part in
      for row in part { prepareRow(row, input, form, output) }
    }
  }

  private func prepareRow(
    _ row: Int, _ input: UnsafePointer<Float>, _ form: BatchOperand, _ output: UnsafeMutableRawPointer
  ) {
    let (image, y) = row.quotientAndRemainder(dividingBy: form.paddedHeight)
    let pixelBytes = form.storedChannels * form.precision.size
    let rowBytes = form.paddedWidth * pixelBytes
    let target = output + row * rowBytes
    guard y >= form.top, y < form.top + form.height else {
      target.initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes)
      return
    }
    let source = input + (image * form.height + y - form.top) * form.width * form.channels
    let inner = target + form.left * pixelBytes
    target.initializeMemory(as: UInt8.self, repeating: 0, count: form.left * pixelBytes)
    (inner + form.width * pixelBytes).initializeMemory(as: UInt8.self, repeating: 0, count: form.right * pixelBytes)
    if form.storedChannels == form.channels {
      convert(source, form.width * form.channels, inner, form.precision)
      return
    }
    for x in 0..<form.width {
      let pixel = inner + x * pixelBytes
      pixel.initializeMemory(as: UInt8.self, repeating: 0, count: pixelBytes)
      convert(source + x * form.channels, form.channels, pixel, form.precision)
    }
  }

  private func convert(
    _ source: UnsafePointer<Float>, _ count: Int, _ target: UnsafeMutableRawPointer, _ precision: OperandPrecision
  ) {
    switch precision {
    case .float32: target.copyMemory(from: source, byteCount: count * 4)
    case .bf16: kernels.functions.roundToBFloat16(source, target.assumingMemoryBound(to: UInt16.self), count)
    }
  }
}
