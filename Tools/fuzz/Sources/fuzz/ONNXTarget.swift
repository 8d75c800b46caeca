@testable import Explain

/// An ONNX model: an error of one line, or a graph whose nodes follow what they read and whose tensors are read, in parts as in
/// whole.
struct ONNXTarget: FuzzTarget {
  private let folder = ScratchFolder()

  /// Elements of tensors that are read.
  private static let limit = 1 << 16

  init() {
    // What the seeds' external tensors lie in.
    _ = folder.write((0..<1024).map { UInt8(truncatingIfNeeded: $0) }, to: "external.bin")
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
    return true
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
    return inside(bytes, capacity: capacity - bytes.count - 16, depth: 0, seed: seed / 8)
      ?? mutated(bytes, capacity: capacity)
  }

  /// The message with one field changed, or one of a message inside it; nil where it is none.
  private func inside(_ bytes: [UInt8], capacity: Int, depth: Int, seed: UInt32) -> [UInt8]? {
    let fields = self.fields(of: bytes)
    guard depth < 8, !fields.isEmpty, capacity > 0 else { return nil }
    let field = fields[Int(seed) % fields.count]
    let content = Array(bytes[field.content])
    let next = seed / UInt32(fields.count) / 4
    var changed = seed % 4 > 0 ? inside(content, capacity: capacity, depth: depth + 1, seed: next) : nil
    if changed == nil { changed = mutated(content, capacity: content.count + capacity) }
    guard let changed else { return nil }
    return Array(bytes[..<field.length]) + varint(changed.count) + changed + Array(bytes[field.content.upperBound...])
  }

  /// The fields of a message that have a length: where it is, and what follows it. Empty where the bytes are no message.
  private func fields(of bytes: [UInt8]) -> [(length: Int, content: Range<Int>)] {
    bytes.withUnsafeBytes { bytes in
      var fields: [(length: Int, content: Range<Int>)] = []
      var cursor = WireCursor(bytes, bytes.indices)
      while !cursor.isAtEnd {
        guard let field = try? cursor.field() else { return [] }
        let length = cursor.position
        if field.type == .bytes {
          guard let content = try? cursor.delimited() else { return [] }
          fields.append((length, content))
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
