// Elements of a tensor, copied in the order of nested loops.

/// Nested loops over a tensor's elements, the last of which runs fastest.
public struct StridedLoops: Sendable, Equatable {
  /// Element that is read first.
  public let offset: Int
  /// Of each loop, the outermost first; at least one.
  public let lengths: [Int]
  /// Elements from one turn of each loop to the next.
  public let strides: [Int]

  /// - Precondition: as many lengths as strides; lengths are at least 1.
  public init(offset: Int, lengths: [Int], strides: [Int]) {
    // Loops that continue each other are one.
    var loops: [(length: Int, stride: Int)] = []
    for (length, stride) in zip(lengths, strides) where length > 1 {
      if let outer = loops.last, outer.stride == stride * length {
        loops[loops.count - 1] = (outer.length * length, stride)
      } else {
        loops.append((length, stride))
      }
    }
    if loops.isEmpty { loops.append((1, 1)) }
    self.offset = offset
    self.lengths = loops.map { $0.length }
    self.strides = loops.map { $0.stride }
  }

  /// Calls `body` with stretches of the two innermost loops, `rows` times `columns` elements of which one comes after the
  /// other, for the elements of `range`.
  ///
  /// - Parameter body: gets the first element that is read, and its place in the order.
  @inline(__always)
  func forEachBlock(
    _ range: Range<Int>, _ body: (_ source: Int, _ place: Int, _ rows: Int, _ columns: Int) -> Void
  ) {
    let rank = lengths.count
    let (columns, rows) = (lengths[rank - 1], rank > 1 ? lengths[rank - 2] : 1)
    let (columnStride, rowStride) = (strides[rank - 1], rank > 1 ? strides[rank - 2] : 0)
    var place = range.lowerBound
    while place < range.upperBound {
      let block = place / (rows * columns)
      var (rest, source) = (block, offset)
      for loop in stride(from: rank - 3, through: 0, by: -1) {
        source += rest % lengths[loop] * strides[loop]
        rest /= lengths[loop]
      }
      let first = place - block * rows * columns
      let (row, column) = (first / columns, first % columns)
      source += row * rowStride + column * columnStride
      let left = range.upperBound - place
      if column == 0, left >= columns {
        let count = min(rows - row, left / columns)
        body(source, place, count, columns)
        place += count * columns
      } else {
        let count = min(columns - column, left)
        body(source, place, 1, count)
        place += count
      }
    }
  }
}

extension ExecutionContext {
  /// The elements that the loops name, one after the other.
  ///
  /// - Parameters:
  ///   - rows: of `width * channels` elements each; as many elements as the loops name.
  ///   - output: nil where only the quantized form is wanted.
  public func rearrange(
    _ input: UnsafePointer<Float>, _ loops: StridedLoops, rows: Int, width: Int, channels: Int,
    output: UnsafeMutablePointer<Float>?, quantized: QuantizedOutput? = nil
  ) {
    let rowFloats = width * channels
    let (columnStride, rowStride) = (loops.strides.last ?? 1, loops.strides.dropLast().last ?? 0)
    forEachBand(
      rows: rows, width: width, channels: channels, grain: max(1, 16384 / rowFloats), output: output,
      quantized: quantized
    ) { rows, output in
      loops.forEachBlock(rows.lowerBound * rowFloats..<rows.upperBound * rowFloats) { first, place, rows, columns in
        let (source, target) = (input + first, output + place)
        if columnStride == 1 {
          for row in 0..<rows { (target + row * columns).update(from: source + row * rowStride, count: columns) }
        } else if columns < rows {
          for column in 0..<columns {
            for row in 0..<rows {
              target[row * columns + column] = source[row * rowStride + column * columnStride]
            }
          }
        } else {
          for row in 0..<rows {
            for column in 0..<columns {
              target[row * columns + column] = source[row * rowStride + column * columnStride]
            }
          }
        }
      }
    }
  }

  /// The way back: adds `count` elements to those that the loops name, all of which are 0 at first.
  ///
  /// - Parameter size: elements of the result.
  public func rearrangeGradient(
    _ gradient: UnsafePointer<Float>, _ loops: StridedLoops, count: Int, result: UnsafeMutablePointer<Float>, size: Int
  ) {
    result.update(repeating: 0, count: size)
    let (columnStride, rowStride) = (loops.strides.last ?? 1, loops.strides.dropLast().last ?? 0)
    loops.forEachBlock(0..<count) { first, place, rows, columns in
      for row in 0..<rows {
        for column in 0..<columns {
          result[first + row * rowStride + column * columnStride] += gradient[place + row * columns + column]
        }
      }
    }
  }
}
