import Kernels

func randomFloats(_ count: Int, in range: ClosedRange<Float> = -1...1, seed: UInt64) -> [Float] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in Float.random(in: range, using: &generator) }
}

func randomLevels(_ count: Int, seed: UInt64) -> [Int8] {
  var generator = SplitMix64(state: seed)
  return (0..<count).map { _ in Int8.random(in: -127...127, using: &generator) }
}

/// Memory that a kernel writes: poisoned with NaN, with guard values on both sides that must survive.
final class GuardedOutput {
  private let memory: UnsafeMutablePointer<Float>
  private let count: Int
  private static let margin = 64
  private static let guardValue: Float = 12345.5

  init(_ count: Int) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Self.margin)
    memory.initialize(repeating: Self.guardValue, count: count + 2 * Self.margin)
    pointer.update(repeating: .nan, count: count)
  }
  deinit { memory.deallocate() }

  var pointer: UnsafeMutablePointer<Float> { memory + Self.margin }
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  var guardsAreIntact: Bool {
    (0..<Self.margin).allSatisfy {
      memory[$0] == Self.guardValue && memory[Self.margin + count + $0] == Self.guardValue
    }
  }
}

/// Largest |a - b| / (1 + |b|); infinite when a value is missing or not a number.
func largestError(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let error = abs(pair.0 - pair.1) / (1 + abs(pair.1))
    return error.isNaN ? .infinity : max(worst, error)
  }
}

/// Contexts of every tier but the reference that this CPU has, with 1 and 3 threads.
let contexts: [ExecutionContext] = CPUTier.available.filter { $0 != .reference }.flatMap { tier in
  [1, 3].map { ExecutionContext(tier: tier, threads: $0) }
}
let referenceContext = ExecutionContext(tier: .reference, threads: 2)

extension ExecutionContext {
  /// The scalar kernels on activations with this context's levels, as unsigned bytes.
  var reference: ExecutionContext {
    ExecutionContext(kernels: .reference(kernels.activationFormat), threads: 2)
  }
}
