/// The weights of a trained network under PyTorch's names.
struct StateDict {
  private let tensors: Safetensors
  /// Stands before every name in the file, such as `head.`.
  private let prefix: String

  init(_ tensors: Safetensors, prefix: String = "") {
    self.tensors = tensors
    self.prefix = prefix
  }

  /// Names under the prefix, without it, sorted.
  var names: [String] {
    tensors.entries.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  func contains(_ name: String) -> Bool { entry(name) != nil }

  func shape(_ name: String) -> [Int]? { entry(name)?.shape }

  func dtype(_ name: String) -> DType? { entry(name)?.dtype }

  /// How the file calls the tensor.
  func fullName(_ name: String) -> String { prefix + name }

  func floats(_ name: String) throws(ImportError) -> [Float] {
    do { return try tensors.floats(prefix + name) } catch { throw .weights(error) }
  }

  /// Widens a stretch of a floating tensor, in elements.
  ///
  /// - Precondition: the tensor exists, is floating and holds the range.
  func read(_ name: String, _ range: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    guard let entry = entry(name) else { preconditionFailure("no tensor \(name)") }
    tensors.read(entry, range, into: target)
  }

  /// Elements of an I32 or I64 tensor, nil for any other.
  func integers(_ name: String) -> [Int]? {
    guard let entry = entry(name), let bytes = tensors.bytes(of: prefix + name) else { return nil }
    switch entry.dtype {
    case .i32: return (0..<entry.count).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
    case .i64: return (0..<entry.count).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    default: return nil
    }
  }

  private func entry(_ name: String) -> Safetensors.Entry? { tensors.entries[prefix + name] }
}
