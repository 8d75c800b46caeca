import Kernels

/// What quantization cost a layer.
struct LayerReport {
  var parameters: Int
  /// Largest relative error of any output channel: `|w - scale * code| / |w|`, Euclidean norms.
  var worstRelativeError: Double
}

/// Folds, quantizes, packs and writes one layer, 16 output channels at a time.
///
/// Memory is that of 16 rows, whatever the layer's size.
struct LayerWriter {
  private let source: LayerSource
  private let output: SafetensorsWriter
  private let outputPath: String
  private let folded: FoldedNormalization
  private let pairsCodes: Bool
  /// What the layer adds, corrected row by row for what quantization takes away.
  private var biases: [Float]
  private let rowLength: Int
  /// One row as PyTorch stores it, `[inputs, kernelHeight, kernelWidth]`.
  private var raw: [Float]
  private var worstRelativeError = 0.0

  /// - Parameter pairsCodes: whether int8 codes keep to what two groups may add up to, where that costs little.
  init(
    _ source: LayerSource, pairsCodes: Bool, to output: SafetensorsWriter, at outputPath: String
  ) throws(ImportError) {
    self.source = source
    self.pairsCodes = pairsCodes
    self.output = output
    self.outputPath = outputPath
    rowLength = source.weights.columns.count
    raw = [Float](repeating: 0, count: rowLength)
    folded = try FoldedNormalization(
      source.normalization, convolutionBias: source.convolutionBias,
      channels: source.factors == nil ? source.layout.outputChannels : source.weights.sharedRows,
      state: source.weights.state
    ).spread(over: source.weights.rows, by: source.factors)
    biases = folded.biases
  }

  mutating func write() throws(ImportError) -> LayerReport {
    switch source.layout.kind {
    case .dense: try writeDense()
    case .depthwise: try writeDepthwise()
    }
    guard biases.allSatisfy(\.isFinite) else { throw .notFinite(tensor: source.node) }
    if let bias = source.bias { try put(padded(biases), to: bias) }
    return LayerReport(
      parameters: source.layout.outputChannels * (rowLength + (source.bias == nil ? 0 : 1)),
      worstRelativeError: worstRelativeError)
  }

  private mutating func writeDense() throws(ImportError) {
    let layout = source.layout
    let reduction = layout.reduction
    let width = PanelLayout.width
    var rows = [Float](repeating: 0, count: width * rowLength)
    var codes = [Int8](repeating: 0, count: width * rowLength)
    var packedFloats = [Float](repeating: 0, count: source.scale == nil ? reduction.panelBytes : 0)
    var packedCodes = [Int8](repeating: 0, count: source.scale == nil ? 0 : reduction.panelBytes)
    var scales: [Float] = []
    var sums = [Int32](repeating: 0, count: reduction.blocks * width)
    for panel in 0..<layout.panels {
      let first = panel * width
      let outputs = min(width, layout.outputChannels - first)
      for n in 0..<outputs { try readRow(first + n, into: &rows, at: n * rowLength) }
      source.weights.release(first..<first + outputs)
      guard let scale = source.scale else {
        reduction.pack(rows, from: first, outputs: outputs, into: &packedFloats)
        try put(packedFloats, to: source.weight, at: panel * reduction.panelBytes * MemoryLayout<Float>.size)
        continue
      }
      let pairs = pairedCodes(rows, outputs: outputs)
      for n in 0..<outputs { scales.append(quantize(first + n, rows, &codes, at: n * rowLength, pairs)) }
      reduction.pack(codes, from: first, outputs: outputs, into: &packedCodes)
      try put(packedCodes, to: source.weight, at: panel * reduction.panelBytes)
      if let name = source.columnSums {
        reduction.columnSums(codes, from: first, outputs: outputs, into: &sums)
        try put(sums, to: name, at: panel * sums.count * MemoryLayout<Int32>.size)
      }
      if panel == layout.panels - 1 { try put(padded(scales), to: scale) }
    }
  }

  /// Nil where the rows of a panel would lose too much.
  private func pairedCodes(_ rows: [Float], outputs: Int) -> PairedCodes? {
    guard pairsCodes, let pairs = PairedCodes(source.layout.reduction) else { return nil }
    var (free, paired) = (0.0, 0.0)
    var codes = [Int8](repeating: 0, count: rowLength)
    rows.withUnsafeBufferPointer { rows in
      codes.withUnsafeMutableBufferPointer { codes in
        guard let rows = rows.baseAddress, let codes = codes.baseAddress else { return }
        for n in 0..<outputs {
          var row = Quantizer.quantize(rows + n * rowLength, count: rowLength, into: codes)
          free += row.squaredError
          pairs.widen(rows + n * rowLength, codes, &row)
          paired += row.squaredError
        }
      }
    }
    return paired <= PairedCodes.worthwhile * free ? pairs : nil
  }

  private mutating func writeDepthwise() throws(ImportError) {
    let channels = source.layout.outputChannels
    let padded = source.layout.paddedChannels
    var row = [Float](repeating: 0, count: rowLength)
    var codes = [Int8](repeating: 0, count: rowLength)
    var weights = [Float](repeating: 0, count: source.scale == nil ? rowLength * padded : 0)
    var quantized = [Int8](repeating: 0, count: source.scale == nil ? 0 : rowLength * padded)
    var scales: [Float] = []
    for n in 0..<channels {
      try readRow(n, into: &row, at: 0)
      if source.scale == nil {
        for tap in 0..<rowLength { weights[tap * padded + n] = row[tap] }
      } else {
        scales.append(quantize(n, row, &codes, at: 0))
        for tap in 0..<rowLength { quantized[tap * padded + n] = codes[tap] }
      }
    }
    if let scale = source.scale {
      try put(quantized, to: source.weight)
      try put(self.padded(scales), to: scale)
    } else {
      try put(weights, to: source.weight)
    }
  }

  /// Reads output channel `n` as `[kernelHeight, kernelWidth, inputs]`, BatchNorm folded in.
  private mutating func readRow(_ n: Int, into rows: inout [Float], at offset: Int) throws(ImportError) {
    source.weights.read(n, into: &raw)
    let reduction = source.layout.reduction
    let taps = reduction.kernelHeight * reduction.kernelWidth
    let inputs = rowLength / taps
    let (factor, first) = (folded.factors[n], source.layout.firstInput(of: n))
    let isFinite = raw.withUnsafeBufferPointer { raw in
      rows.withUnsafeMutableBufferPointer { rows in
        var largest: UInt32 = 0
        for tap in 0..<taps {
          for input in 0..<inputs {
            let value = Float(Double(raw[input * taps + tap]) * factor / pixelScale(first + input))
            rows[offset + tap * inputs + input] = value
            largest = max(largest, value.magnitude.bitPattern)
          }
        }
        return Float(bitPattern: largest).isFinite
      }
    }
    guard isFinite else { throw .notFinite(tensor: source.weights.state.fullName(source.weights.tensor)) }
  }

  private func pixelScale(_ input: Int) -> Double { source.pixels.map { Double($0.scale[input]) } ?? 1 }

  /// Quantizes output channel `n`, corrects its bias and returns its scale.
  ///
  /// - Parameter pairs: what the codes must fit, if anything.
  private mutating func quantize(
    _ n: Int, _ rows: [Float], _ codes: inout [Int8], at offset: Int, _ pairs: PairedCodes? = nil
  ) -> Float {
    let row = rows.withUnsafeBufferPointer { rows in
      codes.withUnsafeMutableBufferPointer { codes in
        guard let rows = rows.baseAddress, let codes = codes.baseAddress else {
          return QuantizedRow(scale: 1, squaredError: 0, squaredNorm: 0)
        }
        if let scale = storedCodes(n, into: codes + offset) {
          return QuantizedRow(scale: scale, squaredError: 0, squaredNorm: 0)
        }
        var row = Quantizer.quantize(rows + offset, count: rowLength, into: codes + offset)
        let reduction = source.layout.reduction
        pairs?.widen(rows + offset, codes + offset, &row)
        let taps = reduction.kernelHeight * reduction.kernelWidth
        source.rounding.refine(
          rows + offset, taps: taps, inputs: rowLength / taps, scale: row.scale, codes: codes + offset)
        pairs?.limit(rows + offset, codes + offset, scale: row.scale)
        return row
      }
    }
    if row.squaredNorm > 0 {
      worstRelativeError = max(worstRelativeError, (row.squaredError / row.squaredNorm).squareRoot())
    }
    let correction =
      expectedError(n, rows, codes, at: offset, scale: row.scale) - pixelOffset(n, codes, at: offset, scale: row.scale)
    biases[n] = Float(Double(biases[n]) + correction)
    return row.scale
  }

  /// Takes over the codes of output channel `n` as the file has them; BatchNorm changes their scale and sign alone.
  ///
  /// - Returns: the scale; nil where the file has floats, or inputs are scaled one by one.
  private func storedCodes(_ n: Int, into codes: UnsafeMutablePointer<Int8>) -> Float? {
    let reduction = source.layout.reduction
    let taps = reduction.kernelHeight * reduction.kernelWidth
    let (inputs, first) = (rowLength / taps, source.layout.firstInput(of: n))
    let divisor = pixelScale(first)
    guard (0..<inputs).allSatisfy({ pixelScale(first + $0) == divisor }) else { return nil }
    return withUnsafeTemporaryAllocation(of: Int8.self, capacity: rowLength) { buffer -> Float? in
      guard let stored = buffer.baseAddress, let unit = source.weights.codes(n, into: stored) else { return nil }
      let factor = folded.factors[n] / divisor
      let scale = Float(Double(unit) * factor.magnitude)
      guard unit > 0, scale.isNormal else { return nil }
      for tap in 0..<taps {
        for input in 0..<inputs {
          let code = stored[input * taps + tap]
          codes[tap * inputs + input] = factor < 0 ? -code : code
        }
      }
      return scale
    }
  }

  /// What a row of codes makes of a picture of mean pixels, which is zero to the network.
  private func pixelOffset(_ n: Int, _ codes: [Int8], at offset: Int, scale: Float) -> Double {
    guard let pixels = source.pixels else { return 0 }
    let (first, inputs) = (source.layout.firstInput(of: n), source.layout.reduction.groupChannels)
    return (0..<rowLength).reduce(0.0) {
      $0 + Double(scale) * Double(codes[offset + $1]) * Double(pixels.offset[first + $1 % inputs])
    }
  }

  /// How much less the codes of output channel `n` add up to than its weights, for the expected input.
  private func expectedError(_ n: Int, _ rows: [Float], _ codes: [Int8], at offset: Int, scale: Float) -> Double {
    guard let means = source.inputMeans else { return 0 }
    let reduction = source.layout.reduction
    let inputs = rowLength / (reduction.kernelHeight * reduction.kernelWidth)
    let first = source.layout.firstInput(of: n)
    var error = 0.0
    for tap in stride(from: 0, to: rowLength, by: inputs) {
      for input in 0..<inputs {
        let k = offset + tap + input
        error += (Double(rows[k]) - Double(scale) * Double(codes[k])) * means[first + input]
      }
    }
    return error
  }

  /// `values` followed by zeros for the padding channels.
  private func padded(_ values: [Float]) -> [Float] {
    values + [Float](repeating: 0, count: source.layout.paddedChannels - values.count)
  }

  private func put<T: BitwiseCopyable>(_ values: [T], to name: String, at offset: Int = 0) throws(ImportError) {
    do { try output.write(values, to: name, at: offset) } catch { throw .output(path: outputPath, error) }
  }
}
