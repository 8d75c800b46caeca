/// The elements of a tensor, located and counted, so that reading any part of them cannot fail.
struct ONNXValues: Sendable {
  let tensor: String
  let elementType: ONNXElementType
  let count: Int
  private let layout: Layout

  private enum Layout {
    /// Little-endian elements from this offset on.
    case raw(MappedFile, start: Int)
    case coded(ONNXCodedValues)
  }
}

extension ONNXTensor {
  /// Locates the values, maps external data, and checks that their number matches the shape.
  ///
  /// - Throws: `unreadableElementType`, `wrongValueCount`, `valueOutOfRange` or what is wrong with external data.
  func values() throws(ONNXError) -> ONNXValues { try ONNXValues(self) }
}

extension ONNXValues {
  fileprivate init(_ tensor: ONNXTensor) throws(ONNXError) {
    guard let width = tensor.elementType.byteCount else {
      throw .unreadableElementType(tensor: tensor.name, tensor.elementType)
    }
    (self.tensor, elementType, count) = (tensor.name, tensor.elementType, tensor.count)
    switch tensor.storage {
    case .raw(let file, let start):
      layout = .raw(file, start: start)
    case .external(let data):
      layout = .raw(try data.map(byteCount: count * width), start: data.offset)
    case .typed(let file, let field, let runs):
      // One packed run of fixed-width numbers has the layout of raw data.
      if let run = runs.first, runs.count == 1, !run.isTagged, field.wireType != .varint, run.range.count % width == 0 {
        guard run.range.count == count * width else {
          throw .wrongValueCount(tensor: tensor.name, expected: count, found: run.range.count / width)
        }
        layout = .raw(file, start: run.range.lowerBound)
      } else {
        layout = .coded(try ONNXCodedValues(tensor, file, field, runs))
      }
    }
  }

  /// Reads elements as Float: integers and doubles rounded to the nearest, BOOL as 0 and 1.
  ///
  /// - Precondition: the range lies in `0..<count`, and the target has room.
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    forEachStretch(range) { source, part in
      elementType.widen(source, count: part.count, into: target + (part.lowerBound - range.lowerBound))
    }
  }

  /// Elements of an integer type, exact, or BOOL as 0 and 1.
  ///
  /// - Precondition: the range lies in `0..<count`.
  /// - Throws: `notWhole` for a floating type, `integerOverflow` for a number that does not fit an `Int`.
  func integers(_ range: Range<Int>) throws(ONNXError) -> [Int] {
    guard elementType.isWhole else { throw .notWhole(tensor: tensor, elementType) }
    var values: [Int] = []
    values.reserveCapacity(range.count)
    forEachStretch(range) { source, part in
      for index in 0..<part.count {
        if let value = elementType.integer(source, at: index) { values.append(value) }
      }
    }
    guard values.count == range.count else { throw .integerOverflow(tensor: tensor) }
    return values
  }

  /// Releases the memory that holds these elements. They are read from the file again when needed.
  func release(_ range: Range<Int>) {
    switch layout {
    case .raw(let file, let start):
      let width = elementType.byteCount ?? 1
      file.release(start + range.lowerBound * width..<start + range.upperBound * width)
    case .coded(let values):
      values.release(range)
    }
  }

  /// Calls `body` with contiguous little-endian elements and the part of the range that they cover.
  private func forEachStretch(_ range: Range<Int>, _ body: (_ source: UnsafeRawPointer, _ part: Range<Int>) -> Void) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    guard !range.isEmpty else { return }
    switch layout {
    case .raw(let file, let start):
      guard let base = file.bytes.baseAddress else { return }
      body(base + start + range.lowerBound * (elementType.byteCount ?? 1), range)
    case .coded(let values):
      values.forEachStretch(range, body)
    }
  }
}
