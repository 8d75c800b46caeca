/// A byte range of consecutive numbers: packed, or each after the tag of its field.
struct ONNXRun: Sendable {
  var range: Range<Int>
  let isTagged: Bool
}

extension [ONNXRun] {
  /// Appends a run, or extends the last one where no gap is between them.
  mutating func extend(by run: ONNXRun) {
    if let last = indices.last, run.isTagged, self[last].isTagged, self[last].range.upperBound == run.range.lowerBound {
      self[last].range = self[last].range.lowerBound..<run.range.upperBound
    } else {
      append(run)
    }
  }
}
