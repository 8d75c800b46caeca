/// ONNX's `Reshape`: lengths of which one may be -1, whatever is left, and 0 may mean the old length.
struct Reshaping {
  let target: [Int]
  let keepsZeros: Bool

  init(to target: [Int], keepsZeros: Bool) { (self.target, self.keepsZeros) = (target, keepsZeros) }

  /// The new lengths of a tensor with the lengths `old`; nil where they do not hold as many elements.
  func lengths(of old: [Int]) -> [Int]? {
    var lengths = target
    if !keepsZeros {
      for index in lengths.indices where lengths[index] == 0 && index < old.count { lengths[index] = old[index] }
    }
    let open = lengths.firstIndex(of: -1)
    if let open { lengths[open] = 1 }
    guard lengths.allSatisfy({ $0 >= 0 }), let count = old.elementCount, let rest = lengths.elementCount else {
      return nil
    }
    guard let open else { return rest == count ? lengths : nil }
    guard rest > 0, count.isMultiple(of: rest) else { return nil }
    lengths[open] = count / rest
    return lengths
  }
}
