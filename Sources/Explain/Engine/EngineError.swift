import Glibc

/// Why a model that is itself in order cannot be run here.
public enum EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  case outOfMemory(bytes: Int)
  case noHead
  /// The network's output holds infinity or what is no number, so it says nothing about the image; this node's result
  /// is the first that does.
  case notFinite(node: String)

  public var description: String {
    switch self {
    case .outOfMemory(let bytes):
      "the model's activations need \((bytes + 999_999) / 1_000_000) MB of memory, more than is available"
    case .noHead:
      "the model has no attention head; train one, import the network with --head, or choose another --method"
    case .notFinite(let node): "the model's node \(node) yields values that are not finite"
    }
  }
}

/// Cache-line aligned memory.
func allocateAligned(_ bytes: Int) throws(EngineError) -> UnsafeMutableRawPointer {
  guard let memory = aligned_alloc(64, (bytes + 63) / 64 * 64) else { throw .outOfMemory(bytes: bytes) }
  return memory
}
