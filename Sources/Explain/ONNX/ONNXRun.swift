/// Numbers that follow each other in a file: packed, or each behind the tag of its field.
struct ONNXRun: Sendable {
  var range: Range<Int>
  let isTagged: Bool
}

extension [ONNXRun] {
  /// Adds a run, to the last one where it goes on without a gap.
  mutating func extend(by run: ONNXRun) {
    if let last = indices.last, run.isTagged, self[last].isTagged, self[last].range.upperBound == run.range.lowerBound {
      self[last].range = self[last].range.lowerBound..<run.range.upperBound
    } else {
      append(run)
    }
  }
}
