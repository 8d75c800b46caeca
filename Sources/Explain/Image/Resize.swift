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
    let targetWidth = axis.spans.count
    let size = 3 * targetWidth * rows.count
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        axis.weights.withUnsafeBufferPointer { weights in
          var to = 0
          for row in rows {
            for (column, span) in axis.spans.enumerated() {
              var from = 3 * (row * width + span.lowerBound - origin)
              var (red, green, blue) = (half, half, half)
              for tap in (column * axis.stride)..<(column * axis.stride + span.count) {
                let weight = weights[tap]
                red &+= weight &* Int32(source[from])
                green &+= weight &* Int32(source[from + 1])
                blue &+= weight &* Int32(source[from + 2])
                from += 3
              }
              target[to] = level(red)
              target[to + 1] = level(green)
              target[to + 2] = level(blue)
              to += 3
            }
          }
        }
      }
      count = size
    }
    return Image(width: targetWidth, height: rows.count, pixels: result, iccProfile: iccProfile)
  }

  /// Resamples some columns of this picture; its row 0 is source pixel `origin` of the axis.
  private func resampledColumns(_ columns: Range<Int>, along axis: ResamplingAxis, origin: Int) -> Image {
    let targetHeight = axis.spans.count
    let stride = 3 * columns.count
    var sums = [Int32](repeating: 0, count: stride)
    let result = [UInt8](unsafeUninitializedCapacity: stride * targetHeight) { target, count in
      pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for (row, span) in axis.spans.enumerated() {
            sums.update(repeating: half)
            for (tap, sourceRow) in span.enumerated() {
              let weight = axis.weights[row * axis.stride + tap]
              let from = 3 * ((sourceRow - origin) * width + columns.lowerBound)
              for sample in 0..<stride { sums[sample] &+= weight &* Int32(source[from + sample]) }
            }
            for sample in 0..<stride { target[row * stride + sample] = level(sums[sample]) }
          }
        }
      }
      count = stride * targetHeight
    }
    return Image(width: columns.count, height: targetHeight, pixels: result, iccProfile: iccProfile)
  }
}

/// One half in fixed point, so that cutting off the fraction rounds.
private let half: Int32 = 1 << (ResamplingAxis.fractionBits - 1)

@inline(__always)
private func level(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: min(max(sum >> Int32(ResamplingAxis.fractionBits), 0), 255))
}
