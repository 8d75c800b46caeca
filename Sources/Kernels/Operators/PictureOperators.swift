import CShim

extension KernelTable {
  /// The kernels that pictures are resized and drawn with: the best of this CPU, as all tiers compute the same bytes.
  public static let pictures = table(for: .best)

  /// Resamples rows of pixels along the row.
  ///
  /// - Parameters:
  ///   - input: `[rows, width, 3]`.
  ///   - first: the input pixel of each column's first weight, ascending.
  ///   - weights: `[columns, taps]`, with `resample_fraction_bits` behind the point; 0 for pixels beyond the row.
  ///   - output: `[rows, columns, 3]`.
  public func resampleRows(
    _ input: UnsafePointer<UInt8>, width: Int, rows: Int, first: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    taps: Int, columns: Int, output: UnsafeMutablePointer<UInt8>
  ) {
    var task = resample_rows_task(
      input: input, input_stride: 3 * width, width: width, rows: rows, first: first, weights: weights, taps: taps,
      columns: columns, output: output)
    functions.resampleRows(&task)
  }

  /// One row of bytes as a weighted sum of `taps` rows that follow each other.
  ///
  /// - Parameters:
  ///   - stride: bytes from row to row of the input.
  ///   - weights: `[taps]`, with `resample_fraction_bits` behind the point.
  ///   - count: bytes of a row.
  public func resampleColumns(
    _ input: UnsafePointer<UInt8>, stride: Int, weights: UnsafePointer<Int32>, taps: Int, count: Int,
    output: UnsafeMutablePointer<UInt8>
  ) {
    var task = resample_columns_task(
      input: input, input_stride: stride, weights: weights, taps: taps, count: count, output: output)
    functions.resampleColumns(&task)
  }

  /// `levels = 255 * values`, rounded to nearest, for values of 0...1.
  public func roundToLevels(_ values: UnsafePointer<Float>, levels: UnsafeMutablePointer<UInt8>, count: Int) {
    functions.roundToLevels(values, levels, count)
  }

  /// Blends pixels `[count, 3]` in place, each by the entry of its level.
  public func blend(
    _ levels: UnsafePointer<UInt8>, by blends: [PixelBlend], pixels: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    require(blends.count == 256, "a blend for every level")
    blends.withUnsafeBufferPointer { blends in
      if let base = blends.baseAddress { functions.blendPixels(levels, base, pixels, count) }
    }
  }
}

/// What a level of a map does to a pixel: every sample becomes (sample · kept + added) / 256, rounded down.
public typealias PixelBlend = pixel_blend

extension PixelBlend {
  /// - Precondition: 255 · `kept` and every part of `added` together are below 65536.
  public init(added: (UInt16, UInt16, UInt16), kept: UInt16) {
    self.init(added: (added.0, added.1, added.2, 0), kept: (kept, kept, kept, kept))
  }
}
