@testable import Explain
@testable import Kernels

/// An ONNX model: an error of one line, or a graph whose nodes follow what they read and whose tensors are read, in parts as in
/// whole. Then its import: an error of one line, or a model file that is read back.
struct ONNXTarget: FuzzTarget {
  private let folder = ScratchFolder()

  /// Elements of tensors that are read.
  private static let limit = 1 << 16

  init() {
    // What the seeds' external tensors lie in.
    _ = folder.write((0..<1024).map { UInt8(truncatingIfNeeded: $0) }, to: "external.bin")
    // Weights of `Tools/fuzz/onnx-seeds.py`: finite, of both signs, and no two neighbours equal.
    let weights = (0..<1 << 14).map { Float($0 * 89 % 127 - 63) / 256 }
    _ = folder.write(weights.flatMap { withUnsafeBytes(of: $0) { Array($0) } }, to: "weights.bin")
  }

  func run(_ bytes: [UInt8]) -> Bool {
    let model: ONNXModel
    // On the heap, where AddressSanitizer watches both ends.
    do { model = try ONNXModel(bytes: bytes, folder: folder.path) } catch {
      requireText(error)
      return true
    }
    require(model.graph.nodes.count <= ONNXGraph.nodeLimit, "nodes are within the limit")
    var known = Set(model.graph.tensors.keys).union(model.graph.inputs.map(\.name))
    for node in model.graph.nodes {
      require(node.inputs.allSatisfy { $0.isEmpty || known.contains($0) }, "nodes follow what they read")
      require(!"\(node)".isEmpty, "a node says what it is")
      known.formUnion(node.outputs)
      for case .tensor(let tensor) in node.attributes.values { read(tensor) }
    }
    require(model.graph.outputs.allSatisfy { known.contains($0.name) }, "outputs are given")
    for tensor in model.graph.tensors.values { read(tensor) }
    translate(bytes)
    return true
  }

  /// Does what `import` does.
  private func translate(_ bytes: [UInt8]) {
    let hash = hash(bytes)
    var options = ImportOptions()
    options.precision = hash % 4 == 0 ? .float32 : .int8
    options.foldingBudget = FoldingBudget(held: Self.limit, computed: 4 * Self.limit)
    let output = "\(folder.path)/imported"
    do throws(ImportError) {
      _ = try importModel(from: folder.write(bytes, to: "model.onnx"), to: output, options: options)
    } catch {
      return requireText(error)
    }
    let imported: Model
    do throws(ModelError) {
      imported = try Model(path: output)
      _ = try imported.verify()
    } catch {
      fatalError("broken promise: what was imported is a model: \(error)")
    }
    SmallModel(imported)?.explain(CPUTier.available[hash / 4 % CPUTier.available.count])
  }

  private func read(_ tensor: ONNXTensor) {
    do {
      let values = try tensor.values()
      guard tensor.count <= Self.limit else { return }
      let whole = try tensor.floats()
      require(whole.count == tensor.shape.elementCount, "a tensor has as many elements as its shape says")
      // The start is no place that is kept, and the part reaches over one.
      let range = tensor.count / 3..<tensor.count
      var part = [Float](repeating: 0, count: range.count)
      part.withUnsafeMutableBufferPointer { buffer in
        if let target = buffer.baseAddress { values.read(range, into: target) }
      }
      require(part.map(\.bitPattern) == whole[range].map(\.bitPattern), "a part is that of the whole")
      _ = try tensor.integers()
    } catch { requireText(error) }
  }
}

extension ONNXTarget {
  /// Mostly changes the inside of one field, and keeps the lengths of those around it right.
  func mutate(_ bytes: [UInt8], capacity: Int, seed: UInt32) -> [UInt8] {
    guard seed % 8 > 1, bytes.count + 32 < capacity else { return mutated(bytes, capacity: capacity) }
    var random = SplitMix64(state: UInt64(seed))
    return inside(bytes, of: bytes, path: [], capacity: capacity - bytes.count - 16, &random)
      ?? mutated(bytes, capacity: capacity)
  }

  /// The message with one field changed, or one of a message inside it; nil where it is none.
  ///
  /// - Parameters:
  ///   - model: the whole model.
  ///   - path: numbers of the fields around the message.
  private func inside(
    _ bytes: [UInt8], of model: [UInt8], path: [Int], capacity: Int, _ random: inout SplitMix64
  ) -> [UInt8]? {
    let fields = self.fields(of: bytes)
    guard path.count < 8, capacity > 0, let field = chosen(fields, &random) else { return nil }
    let (content, path) = (Array(bytes[field.content]), path + [field.number])
    var changed: [UInt8]?
    if random.next() % 4 > 0 { changed = inside(content, of: model, path: path, capacity: capacity, &random) }
    // Another node's operator, input or attribute, which chance would not spell.
    if changed == nil, random.next() % 2 == 0, let other = chosen(contents(model, path[...]), &random),
      other.count <= content.count + capacity
    {
      changed = other
    }
    let result = changed ?? mutated(content, capacity: content.count + capacity)
    return Array(bytes[..<field.length]) + varint(result.count) + result + Array(bytes[field.content.upperBound...])
  }

  private func chosen<Element>(_ elements: [Element], _ random: inout SplitMix64) -> Element? {
    elements.isEmpty ? nil : elements[Int(random.next() % UInt64(elements.count))]
  }

  /// What the fields hold that numbers from the outermost to the innermost lead to.
  private func contents(_ bytes: [UInt8], _ path: ArraySlice<Int>) -> [[UInt8]] {
    guard let number = path.first else { return [bytes] }
    return fields(of: bytes).filter { $0.number == number }.flatMap {
      contents(Array(bytes[$0.content]), path.dropFirst())
    }
  }

  /// The fields of a message that have a length: where it is, and what follows it. Empty where the bytes are no message.
  private func fields(of bytes: [UInt8]) -> [(number: Int, length: Int, content: Range<Int>)] {
    bytes.withUnsafeBytes { bytes in
      var fields: [(number: Int, length: Int, content: Range<Int>)] = []
      var cursor = WireCursor(bytes, bytes.indices)
      while !cursor.isAtEnd {
        guard let field = try? cursor.field() else { return [] }
        let length = cursor.position
        if field.type == .bytes {
          guard let content = try? cursor.delimited() else { return [] }
          fields.append((Int(field.number), length, content))
        } else if (try? cursor.skip(field.type)) == nil {
          return []
        }
      }
      return fields
    }
  }

  private func varint(_ number: Int) -> [UInt8] {
    number < 128 ? [UInt8(number)] : [UInt8(number & 127 | 128)] + varint(number >> 7)
  }
}
