extension [Int] {
  /// Elements of a tensor with these lengths; nil where one is negative or the product does not fit an `Int`.
  var elementCount: Int? {
    guard allSatisfy({ $0 >= 0 }) else { return nil }
    guard !contains(0) else { return 0 }
    var count = 1
    for length in self {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard !overflows else { return nil }
      count = product
    }
    return count
  }

  /// Elements of a row-major tensor with these lengths from one index of each dimension to the next.
  ///
  /// - Precondition: the tensor's number of elements fits an `Int`.
  var elementStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for index in indices.dropLast().reversed() { strides[index] = strides[index + 1] * Swift.max(self[index + 1], 1) }
    return strides
  }
}
