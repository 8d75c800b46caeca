import CShim

// Kernels on pictures.

extension KernelShape {
  /// Rows of a picture resampled from `width` to `columns` pixels, with weights of both signs.
  public static func resampleRows(width: Int, rows: Int, columns: Int, taps: Int) -> KernelShape {
    KernelShape(
      "resample-rows", "\(rows)x\(width)->\(columns) \(taps) taps", macs: 3 * rows * columns * taps,
      bytes: { _ in 3 * rows * (width + columns) + 4 * columns * (taps + 1) }, tolerance: 0
    ) { operands in
      let input = operands.pixels(width * rows)
      let weights = operands.resamplingWeights(columns * taps)
      let first = operands.bytes(4 * columns).assumingMemoryBound(to: Int32.self)
      for column in 0..<columns { first[column] = Int32(column * width / columns) }
      return operands.writingBytes(3 * rows * columns) {
        operands.context.kernels.resampleRows(
          input, width: width, rows: rows, first: first, weights: weights, taps: taps, columns: columns, output: $0)
      }
    }
  }

  /// A row of `count` bytes from `taps` rows.
  public static func resampleColumns(count: Int, taps: Int) -> KernelShape {
    KernelShape(
      "resample-columns", "\(taps)x\(count)", macs: taps * count, bytes: { _ in (taps + 1) * count + 4 * taps },
      tolerance: 0
    ) { operands in
      let input = UnsafePointer(operands.bytes(taps * count).assumingMemoryBound(to: UInt8.self))
      operands.fill(UnsafeMutablePointer(mutating: input), taps * count)
      let weights = operands.resamplingWeights(taps)
      return operands.writingBytes(count) {
        operands.context.kernels.resampleColumns(
          input, stride: count, weights: weights, taps: taps, count: count, output: $0)
      }
    }
  }

  /// Saliency in steps of 1/255.
  public static func roundToLevels(count: Int) -> KernelShape {
    KernelShape("round-to-levels", "\(count)", bytes: { _ in 5 * count }, tolerance: 0) { operands in
      let values = operands.floats(count, in: 0...1)
      return operands.writingBytes(count) {
        operands.context.kernels.roundToLevels(values, levels: $0, count: count)
      }
    }
  }

  /// A row of pixels under a heat map.
  public static func blendPixels(count: Int) -> KernelShape {
    KernelShape("blend-pixels", "\(count)", bytes: { _ in 7 * count + 4096 }, tolerance: 0) { operands in
      let photo = operands.pixels(count)
      let levels = operands.bytes(count).assumingMemoryBound(to: UInt8.self)
      operands.fill(levels, count)
      let blends = (0...255).map { level in
        let (red, blue) = (UInt16(128 * level), UInt16(64 * (255 - level)))
        return PixelBlend(added: (red, 128, blue), kept: UInt16(256 - level / 2))
      }
      return operands.writingBytes(3 * count) {
        // In place, so that every run begins with the photograph.
        $0.update(from: photo, count: 3 * count)
        operands.context.kernels.blend(levels, by: blends, pixels: $0, count: count)
      }
    }
  }
}

extension KernelOperands {
  fileprivate func fill(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) {
    let levels = levels(count)
    for i in 0..<count { bytes[i] = UInt8(bitPattern: levels[i]) }
  }

  fileprivate func pixels(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let pixels = bytes(3 * count).assumingMemoryBound(to: UInt8.self)
    fill(pixels, 3 * count)
    return pixels
  }

  fileprivate func resamplingWeights(_ count: Int) -> UnsafeMutablePointer<Int32> {
    let weights = bytes(4 * count).assumingMemoryBound(to: Int32.self)
    let values = floats(count, in: -0.3...0.7)
    for i in 0..<count { weights[i] = Int32(values[i] * Float(1 << resample_fraction_bits)) }
    return weights
  }

  fileprivate func writingBytes(_ count: Int, _ body: @escaping (UnsafeMutablePointer<UInt8>) -> Void) -> KernelRun {
    let output = bytes(count).assumingMemoryBound(to: UInt8.self)
    return run {
      body(output)
    } result: {
      KernelResult(values: [], levels: UnsafeBufferPointer(start: output, count: count).map(Int32.init))
    }
  }
}
