@testable import Explain
import Kernels

/// A model file: an error of one line, or a model whose explanation of a picture is finite, if that is little work.
struct ModelTarget: FuzzTarget {
  private let folder = ScratchFolder()

  func run(_ bytes: [UInt8]) -> Bool {
    // On the heap, where AddressSanitizer watches both ends of the header.
    do { _ = try Safetensors(bytes: bytes) } catch { requireText(error) }
    let model: Model
    do { model = try Model(path: folder.write(bytes, to: "model")) } catch {
      requireText(error)
      return true
    }
    SmallModel(model)?.explain(CPUTier.available[hash(bytes) % CPUTier.available.count])
    return true
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
