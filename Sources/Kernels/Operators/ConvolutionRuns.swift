import CShim

/// The runs of a convolution over an input as it lies in memory, for every stretch of columns that read the same channels.
struct ConvolutionRuns: Sendable {
  private struct Part {
    var columns: Range<Int>
    /// In `runs`.
    var runs: Range<Int>
  }

  private var runs: [gemm_run] = []
  private var parts: [Part] = []

  /// - Parameter columns: output channels, or other columns of the product.
  init(_ layout: ReductionLayout, over input: PreparedInput, columns: Int, format: ActivationFormat) {
    let panels = layout.channelGroups.count == 1 ? 1 : PanelLayout.panels(columns)
    var first = 0
    while first < panels {
      let read = layout.channels(ofPanel: first)
      var end = first + 1
      while end < panels, layout.channels(ofPanel: end) == read { end += 1 }
      let part = Self.runs(layout, read, over: input, format)
      parts.append(
        Part(
          columns: first * PanelLayout.width..<(end == panels ? columns : end * PanelLayout.width),
          runs: runs.count..<runs.count + part.count))
      runs += part
      first = end
    }
  }

  private static func runs(
    _ layout: ReductionLayout, _ read: Range<Int>, over input: PreparedInput, _ format: ActivationFormat
  ) -> [gemm_run] {
    let pixelBytes = input.pixelBytes(format)
    let groupBytes = PanelLayout.group * PanelLayout.width * input.elementSize
    var groups = 0
    return layout.runs(reading: read).map { run in
      let pixel = run.y * layout.dilationHeight * input.paddedWidth + run.x * layout.dilationWidth
      defer { groups += run.groups }
      return gemm_run(
        offset: pixel * pixelBytes + run.channel * input.elementSize, groups: run.groups, length: run.length,
        weights: groups * groupBytes, scale: pixel * input.blocks + run.channel / PanelLayout.block,
        ends_block: run.endsBlock ? 1 : 0)
    }
  }

  /// Calls `body` with the parts of a task that read the same channels.
  func forEachPart(of task: gemm_task, _ body: (UnsafePointer<gemm_task>) -> Void) {
    runs.withUnsafeBufferPointer { runs in
      for part in parts {
        let columns = part.columns.clamped(to: task.first_column..<task.end_column)
        guard !columns.isEmpty else { continue }
        var task = task
        task.runs = runs.baseAddress.map { $0 + part.runs.lowerBound }
        task.run_count = part.runs.count
        (task.first_column, task.end_column) = (columns.lowerBound, columns.upperBound)
        body(&task)
      }
    }
  }
}
