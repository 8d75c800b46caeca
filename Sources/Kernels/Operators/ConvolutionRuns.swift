import CShim

/// The runs of a convolution over an input as it lies in memory.
struct ConvolutionRuns: Sendable {
  private let runs: [gemm_run]

  init(_ layout: ReductionLayout, over input: PreparedInput, format: ActivationFormat) {
    let pixelBytes = input.storedChannels * input.elementSize
    let groupBytes = PanelLayout.group * PanelLayout.width * input.elementSize
    var runs: [gemm_run] = []
    var groups = 0
    for run in layout.runs {
      let pixel = run.y * layout.dilationHeight * input.paddedWidth + run.x * layout.dilationWidth
      runs.append(
        gemm_run(
          offset: pixel * pixelBytes + run.channel * input.elementSize, groups: run.groups, length: run.length,
          weights: groups * groupBytes, scale: pixel * input.blocks + run.channel / PanelLayout.block,
          ends_block: run.endsBlock ? 1 : 0))
      groups += run.groups
    }
    if case .pixels = input.element { runs = Self.forEachPlane(runs, input, format) }
    self.runs = runs
  }

  /// Every plane of pixels with the same weights, all in one sum.
  private static func forEachPlane(
    _ runs: [gemm_run], _ input: PreparedInput, _ format: ActivationFormat
  ) -> [gemm_run] {
    var all: [gemm_run] = []
    for plane in 0..<format.pixelPlanes {
      all += runs.map { run in
        var run = run
        run.offset += plane * input.planeBytes
        run.scale = 0
        run.ends_block = 0
        return run
      }
    }
    all[all.count - 1].ends_block = 1
    return all
  }

  /// Calls `body` with the task over these runs.
  func run(_ task: gemm_task, _ body: (UnsafePointer<gemm_task>) -> Void) {
    runs.withUnsafeBufferPointer { runs in
      var task = task
      task.runs = runs.baseAddress
      task.run_count = runs.count
      body(&task)
    }
  }
}
