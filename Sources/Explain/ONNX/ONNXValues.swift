/// The elements of a tensor, found and counted: any part can be read at any time.
struct ONNXValues: Sendable {
  let tensor: String
  let elementType: ONNXElementType
  let count: Int
  private let layout: Layout

  private enum Layout {
    /// Elements of fixed width, little-endian, from this byte of the file on.
    case raw(MappedFile, start: Int)
    case coded(ONNXCodedValues)
  }
}

extension ONNXTensor {
  /// Finds the values, maps the file that they are in, and checks that there are as many as the shape says.
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
      // Packed numbers of fixed width are raw bytes, but for the field that they are in.
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

  /// Reads elements as Floats: the nearest for what has more digits, 0 and 1 for truth values.
  ///
  /// - Precondition: the range lies in `0..<count`, and the target has room.
  func read(_ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    forEachStretch(range) { source, part in
      elementType.widen(source, count: part.count, into: target + (part.lowerBound - range.lowerBound))
    }
  }

  /// Elements as they are, 0 and 1 for truth values.
  ///
  /// - Precondition: the range lies in `0..<count`.
  /// - Throws: `notWhole` for a type of fractions, `integerOverflow` for a number that is no `Int`.
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

  /// Lets go of the memory that holds these elements. They are read from the file again when they are needed.
  func release(_ range: Range<Int>) {
    switch layout {
    case .raw(let file, let start):
      let width = elementType.byteCount ?? 1
      file.release(start + range.lowerBound * width..<start + range.upperBound * width)
    case .coded(let values):
      values.release(range)
    }
  }

  /// Calls `body` with elements that follow each other in memory, and with which part of the range they are.
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
