@testable import Explain
import Kernels

/// A model file: an error of one line, or a model whose explanation of a picture is finite, if that is little work.
struct ModelTarget: FuzzTarget {
  private let folder = ScratchFolder()
  private let photo = Image(width: 9, height: 7, pixels: (0..<9 * 7 * 3).map { UInt8(truncatingIfNeeded: $0 * 89) })

  /// Multiplications, and elements of all tensors together, of networks that are run.
  private static let limits = (work: 1 << 22, elements: 1 << 18)

  func run(_ bytes: [UInt8]) -> Bool {
    // On the heap, where AddressSanitizer watches both ends of the header.
    do { _ = try Safetensors(bytes: bytes) } catch { requireText(error) }
    let model: Model
    do { model = try Model(path: folder.write(bytes, to: "model")) } catch {
      requireText(error)
      return true
    }
    guard isSmall(model) else { return true }
    // Every tier has its turn, and each input always the same one.
    let hash = bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    let tier = CPUTier.available[hash % CPUTier.available.count]
    explain(model, tier)
    return true
  }

  private func explain(_ model: Model, _ tier: CPUTier) {
    let preprocessing = model.description.preprocessing
    let input = MethodInput(preprocessing.crop(photo).image, preprocessing)
    let session = Session(model: model, tier: tier, threads: 1)
    do throws(EngineError) {
      let explanation = try session.explain(input.values) { logits in [logits.count - 1] }
      require(explanation.logits.allSatisfy(\.isFinite), "logits are finite")
      let saliency = SaliencyMap(explanation.maps[0].normalized(), crop: preprocessing.crop)
      require(saliency.values.allSatisfy { (0...1).contains($0) }, "saliency is in 0...1")
    } catch .noHead {
      _ = try? session.classify(input.values)
    } catch .outOfMemory(let bytes) {
      fatalError("broken promise: a small model takes little memory, not \(bytes) bytes")
    } catch {
      requireText(error)
    }
  }

  private func isSmall(_ model: Model) -> Bool {
    var (work, elements) = (0, model.description.graph.inputShape.count)
    for node in model.description.graph.nodes {
      guard let output = model.shapes[node.name] else { return false }
      elements += output.count
      work += node.op.work(node.inputs.compactMap { model.shapes[$0] }, output)
    }
    return work <= Self.limits.work && elements <= Self.limits.elements
  }
}

extension ModelTarget {
  /// Mostly changes the header alone, which has few bytes beside the data, and keeps its length right and the data
  /// aligned.
  func mutate(_ bytes: [UInt8], capacity: Int, seed: UInt32) -> [UInt8] {
    let prefix = MemoryLayout<UInt64>.size
    guard seed % 8 > 1, bytes.count > prefix else { return mutated(bytes, capacity: capacity) }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length > 0, length <= bytes.count - prefix, bytes.count < capacity else {
      return mutated(bytes, capacity: capacity)
    }
    let end = prefix + Int(length)
    var header = Array(bytes[prefix..<end])
    // Spaces that an earlier turn added.
    while header.last == UInt8(ascii: " ") { header.removeLast() }
    header = mutated(header, capacity: max(1, capacity - prefix - (bytes.count - end) - 64))
    header += [UInt8](repeating: UInt8(ascii: " "), count: (64 - (prefix + header.count) % 64) % 64)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + bytes[end...]
  }
}
