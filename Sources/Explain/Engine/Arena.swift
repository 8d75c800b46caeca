/// A stretch of the arena, in bytes.
struct Buffer: Sendable, Equatable {
  var offset: Int
  var count: Int
}

/// Where every tensor of a plan lies in one block of memory.
struct ArenaLayout {
  /// By tensor.
  fileprivate(set) var buffers: [Buffer] = []
  /// Bytes of the block.
  fileprivate(set) var byteCount = 0
}

/// Gives every intermediate tensor a place in one block of memory, so that tensors whose lifetimes do not meet share it.
///
/// Largest first, each at the lowest offset where nothing alive at the same time lies (greedy by size, as in Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference", 2020).
struct ArenaPlanner {
  /// An intermediate tensor: its size, and the first and last step that touches it.
  struct Request {
    var count: Int
    var first: Int
    var last: Int
  }

  private(set) var requests: [Request] = []
  /// Cache line; also what the widest vectors like.
  private static let alignment = 64
  /// Kernels may read (never write) this far beyond a tensor.
  static let slack = 64

  /// Registers a tensor that step `step` writes; its index is the tensor's name from here on.
  mutating func allocate(_ bytes: Int, at step: Int) -> Int {
    requests.append(Request(count: bytes, first: step, last: step))
    return requests.count - 1
  }

  mutating func extend(_ tensor: Int, to step: Int) { requests[tensor].last = max(requests[tensor].last, step) }

  func plan() -> ArenaLayout {
    var buffers = requests.map { Buffer(offset: 0, count: $0.count) }
    var placed: [Int] = []
    var bytes = 0
    let order = requests.indices.sorted { (requests[$1].count, $0) < (requests[$0].count, $1) }
    for tensor in order {
      let request = requests[tensor]
      let neighbours = placed.filter { requests[$0].first <= request.last && requests[$0].last >= request.first }
        .sorted { buffers[$0].offset < buffers[$1].offset }
      let size = request.count + Self.slack
      var offset = 0
      for neighbour in neighbours {
        if offset + size <= buffers[neighbour].offset { break }
        let end = buffers[neighbour].offset + buffers[neighbour].count + Self.slack
        offset = max(offset, (end + Self.alignment - 1) / Self.alignment * Self.alignment)
      }
      buffers[tensor].offset = offset
      bytes = max(bytes, offset + size)
      placed.append(tensor)
    }
    return ArenaLayout(buffers: buffers, byteCount: bytes)
  }
}
