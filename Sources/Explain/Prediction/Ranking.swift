/// The indices of the `count` largest values, largest first; equal values in the order of their indices.
///
/// Values that are not numbers come last. Fewer than `count` come back where there are fewer values.
public func largest(_ count: Int, of values: [Float]) -> [Int] {
  let keys = values.map { $0.isNaN ? -.infinity : $0 }
  return Array(values.indices.sorted { (-keys[$0], $0) < (-keys[$1], $1) }.prefix(count))
}

/// The classes whose probability is at least `threshold`, most probable first, but no more than `most`.
///
/// - Parameter logits: decide the order, also of probabilities that are rounded to the same number.
public func classes(
  reaching threshold: Double, probabilities: [Float], logits: [Float], most: Int = .max
) -> [Int] {
  largest(min(most, probabilities.count { Double($0) >= threshold }), of: logits)
}
