/// How alike two results of as many values are.
enum Similarity {
  /// The cosine of the angle between two vectors, -1...1; 1 where both are zero, 0 where one is.
  static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += Double(x) * Double(y)
      aa += Double(x) * Double(x)
      bb += Double(y) * Double(y)
    }
    if aa == 0 || bb == 0 { return aa == bb ? 1 : 0 }
    return ab / (aa.squareRoot() * bb.squareRoot())
  }

  /// Pearson's correlation of two maps; nil where one of them is constant.
  static func correlation<Value: BinaryFloatingPoint>(_ a: [Value], _ b: [Value]) -> Double? {
    let count = Double(a.count)
    let meanA = a.reduce(0.0) { $0 + Double($1) } / count
    let meanB = b.reduce(0.0) { $0 + Double($1) } / count
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (dx, dy) = (Double(x) - meanA, Double(y) - meanB)
      ab += dx * dy
      aa += dx * dx
      bb += dy * dy
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
  }
}
