/// A constant tensor, row-major. Its values stay in the mapped file.
struct ONNXTensor: Sendable {
  enum Storage {
    /// Little-endian elements from this offset on.
    case raw(MappedFile, start: Int)
    /// Elements in the wire format, in one of the typed fields.
    case typed(MappedFile, ONNXTensorFields.Typed, [ONNXRun])
    case external(ONNXExternalData)
  }

  /// The value's name: the output of the node for a `Constant`.
  var name: String
  /// Length of each dimension, outermost first; empty for a scalar.
  let shape: [Int]
  let elementType: ONNXElementType
  /// Elements.
  let count: Int
  let storage: Storage

  /// Checks type, shape and byte length. `values()` checks what only a look at the elements or at external data tells.
  ///
  /// - Parameter name: the name for messages where the file gives none.
  init(_ fields: ONNXTensorFields, name: String, in source: ONNXSource) throws(ONNXError) {
    let name = fields.name.isEmpty ? name : fields.name
    guard let elementType = ONNXElementType(rawValue: fields.elementType) else {
      throw .unknownElementType(tensor: name, number: Int(fields.elementType))
    }
    guard let count = fields.shape.elementCount else { throw .badShape(tensor: name, fields.shape) }
    let byteCount = elementType.byteCount.map { count.multipliedReportingOverflow(by: $0) }
    guard byteCount?.overflow != true else { throw .badShape(tensor: name, fields.shape) }
    (self.name, shape, self.elementType, self.count) = (name, fields.shape, elementType, count)
    if fields.isExternal {
      let data = try ONNXExternalData(fields.external, tensor: name, in: source.folders)
      if let expected = byteCount?.partialValue, let found = data.byteCount, found != expected {
        throw .wrongByteCount(tensor: name, expected: expected, found: found)
      }
      storage = .external(data)
    } else if let raw = fields.raw, !raw.isEmpty || count == 0 {
      if let expected = byteCount?.partialValue, raw.count != expected {
        throw .wrongByteCount(tensor: name, expected: expected, found: raw.count)
      }
      storage = .raw(source.file, start: raw.lowerBound)
    } else {
      let field = elementType.field ?? .int32
      storage = .typed(source.file, field, fields.typed[field] ?? [])
    }
  }

  /// A tensor of values that an attribute lists.
  init<Element: BitwiseCopyable>(_ values: [Element], shape: [Int], _ elementType: ONNXElementType, name: String) {
    (self.name, self.shape, self.elementType, count) = (name, shape, elementType, values.count)
    storage = .raw(MappedFile(copying: values.withUnsafeBytes(Array.init)), start: 0)
  }
}

extension ONNXTensor {
  /// Limit of elements that are read at once; larger tensors are read in parts, through `values()`.
  static let wholeLimit = 1 << 24

  /// All elements, converted as by `ONNXValues.read`.
  func floats() throws(ONNXError) -> [Float] {
    let values = try whole()
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let target = buffer.baseAddress { values.read(0..<count, into: target) }
      initialized = count
    }
  }

  /// All elements of an integer or BOOL tensor, exact.
  func integers() throws(ONNXError) -> [Int] { try whole().integers(0..<count) }

  private func whole() throws(ONNXError) -> ONNXValues {
    guard count <= Self.wholeLimit else { throw .tooManyValues(tensor: name, count: count, limit: Self.wholeLimit) }
    return try values()
  }
}
