import Kernels

extension Image {
  /// This picture at another size, equal to Pillow's `Image.resize` (13.0) to the last bit where it is antialiased: one axis
  /// after the other, in fixed point and rounded to 8 bits after each.
  ///
  /// - Precondition: both sides are at least 1.
  public func resized(width: Int, height: Int, _ interpolation: Interpolation, antialias: Bool = true) -> Image {
    resized(width: width, height: height, columns: 0..<width, rows: 0..<height, interpolation, antialias: antialias)
  }

  /// The part of `resized(width:height:_:)` within `columns` and `rows`, at the cost of this part alone.
  ///
  /// - Precondition: the ranges are not empty and lie within `0..<width` and `0..<height`.
  public func resized(
    width: Int, height: Int, columns: Range<Int>, rows: Range<Int>, _ interpolation: Interpolation,
    antialias: Bool = true
  ) -> Image {
    if width == self.width, height == self.height { return cropped(columns: columns, rows: rows) }
    let horizontal = ResamplingAxis(
      source: self.width, target: width, range: columns, interpolation: interpolation, antialias: antialias)
    let vertical = ResamplingAxis(
      source: self.height, target: height, range: rows, interpolation: interpolation, antialias: antialias)
    // Rounding makes the order visible. Pillow 13 begins with the columns where far more rows than columns go.
    if height < self.height, self.height - height > 2 * (self.width - width) {
      return resampledColumns(horizontal.sourceRange, along: vertical, origin: 0)
        .resampledRows(0..<rows.count, along: horizontal, origin: horizontal.sourceRange.lowerBound)
    }
    return resampledRows(vertical.sourceRange, along: horizontal, origin: 0)
      .resampledColumns(0..<columns.count, along: vertical, origin: vertical.sourceRange.lowerBound)
  }

  /// A rectangular part.
  ///
  /// - Precondition: the ranges are not empty and lie within the picture.
  public func cropped(columns: Range<Int>, rows: Range<Int>) -> Image {
    if columns.count == width, rows.count == height { return self }
    var part: [UInt8] = []
    part.reserveCapacity(3 * columns.count * rows.count)
    for row in rows {
      let start = 3 * (row * width + columns.lowerBound)
      part.append(contentsOf: pixels[start..<(start + 3 * columns.count)])
    }
    return Image(width: columns.count, height: rows.count, pixels: part, iccProfile: iccProfile)
  }

  /// Resamples some rows of this picture; its column 0 is source pixel `origin` of the axis.
  private func resampledRows(_ rows: Range<Int>, along axis: ResamplingAxis, origin: Int) -> Image {
    let targetWidth = axis.first.count
    let size = 3 * targetWidth * rows.count
    let first = axis.first.map { $0 - Int32(origin) }
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        KernelTable.pictures.resampleRows(
          source + 3 * width * rows.lowerBound, width: width, rows: rows.count, first: first, weights: axis.weights,
          taps: axis.taps, columns: targetWidth, output: target)
      }
      count = size
    }
    return Image(width: targetWidth, height: rows.count, pixels: result, iccProfile: iccProfile)
  }

  /// Resamples some columns of this picture; its row 0 is source pixel `origin` of the axis.
  private func resampledColumns(_ columns: Range<Int>, along axis: ResamplingAxis, origin: Int) -> Image {
    let targetHeight = axis.first.count
    let rowBytes = 3 * columns.count
    let result = [UInt8](unsafeUninitializedCapacity: rowBytes * targetHeight) { target, count in
      pixels.withUnsafeBufferPointer { source in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        for row in 0..<targetHeight {
          let first = Int(axis.first[row]) - origin
          axis.weights[row * axis.taps..<(row + 1) * axis.taps].withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            KernelTable.pictures.resampleColumns(
              source + 3 * (first * width + columns.lowerBound), stride: 3 * width, weights: weights,
              taps: min(axis.taps, height - first), count: rowBytes, output: target + row * rowBytes)
          }
        }
      }
      count = rowBytes * targetHeight
    }
    return Image(width: columns.count, height: targetHeight, pixels: result, iccProfile: iccProfile)
  }
}
