import CShim
import Kernels
import Testing

/// Kernels refuse what they cannot do, in the build that is shipped: without a check, `-Ounchecked` would go on.
@Suite struct PreconditionTests {
  /// A task as an operator makes it, spoiled on the way to the kernel.
  private struct Violation: Sendable {
    var requirement: String
    var shape: KernelShape
    var plant: @Sendable (inout kernel_functions) -> Void
  }

  /// Functions of C capture nothing.
  nonisolated(unsafe) private static var sound = KernelTable.table(for: .reference).functions

  private static let window = WindowShape(height: 9, width: 8, channels: 33, kernel: 3, stride: 2)

  private static let violations: [Violation] = [
    Violation(
      requirement: "task->first_column >= 0 && task->first_column % panel_width == 0",
      shape: .convolution(ConvolutionShape(height: 1, width: 5, channels: 64, outputs: 48))
    ) {
      $0.gemmInt8 = { changed($0, { $0.first_column += 8 }, sound.gemmInt8) }
    },
    Violation(
      requirement: "task->runs[task->run_count - 1].ends_block != 0",
      shape: .convolution(ConvolutionShape(height: 1, width: 5, channels: 300, outputs: 48, kernel: 3))
    ) {
      // Without the last groups: the block that they end stays open.
      $0.gemmInt8 = { task in
        var runs = (0..<task.pointee.run_count).map { task.pointee.runs[$0] }
        runs[runs.count - 1].ends_block = 0
        runs.withUnsafeBufferPointer { runs in changed(task, { $0.runs = runs.baseAddress }, sound.gemmInt8) }
      }
    },
    Violation(
      requirement: "task->rows > 0",
      shape: .convolution(ConvolutionShape(height: 1, width: 5, channels: 64, outputs: 48, isFloat: true))
    ) {
      $0.gemmFloat = { changed($0, { $0.rows = 0 }, sound.gemmFloat) }
    },
    Violation(requirement: "task->first_column < task->end_column", shape: .bfloat16Convolution(window, outputs: 20)) {
      $0.gemmBFloat16 = { changed($0, { $0.end_column = $0.first_column }, sound.gemmBFloat16) }
    },
    Violation(
      requirement: "(task->end_pixel) <= (task->height * task->width)",
      shape: .quantize(height: 4, width: 5, channels: 18, padding: 1, hasOneScale: false)
    ) {
      $0.quantize = { changed($0, { $0.end_pixel += 1 }, sound.quantize) }
    },
    Violation(requirement: "task->channels > 0 && task->channels % panel_width == 0", shape: .depthwise(window)) {
      $0.depthwise = { changed($0, { $0.channels -= 1 }, sound.depthwise) }
    },
    Violation(
      requirement: "0 <= window->top && window->top <= (window->kernel_height - 1) * window->dilation_height",
      shape: .maxPool(window)
    ) {
      $0.maxPool = { changed($0, { $0.top = $0.kernel_height }, sound.maxPool) }
    },
    Violation(
      requirement: "(window->output_width - 1) * window->stride - window->left < window->width",
      shape: .averagePool(window)
    ) {
      $0.averagePool = { task, countsPadding in
        changed(task, { $0.output_width += 1 }, { sound.averagePool($0, countsPadding) })
      }
    },
    Violation(requirement: "(end) <= (channels)", shape: .globalAveragePool(pixels: 3, channels: 50)) {
      $0.globalAveragePool = { sound.globalAveragePool($0, $1, $2, $3, $4, $5 + 1) }
    },
    Violation(requirement: "count > 0", shape: .softmax(count: 10)) {
      $0.softmax = { values, _ in sound.softmax(values, 0) }
    },
    Violation(requirement: "rows >= 0 && channels > 0", shape: .layerNorm(rows: 3, channels: 50)) {
      $0.layerNorm = { sound.layerNorm($0, $1, 0, $3, $4, $5, $6) }
    },
    Violation(requirement: "task->height > 0 && task->width > 0", shape: .bilinear(side: 7, outputSide: 13)) {
      $0.bilinear = { changed($0, { $0.width = 0 }, sound.bilinear) }
    },
    Violation(
      requirement: "0 <= task->first[0] && task->first[task->columns - 1] < task->width",
      shape: .resampleRows(width: 41, rows: 9, columns: 17, taps: 5)
    ) {
      $0.resampleRows = { changed($0, { $0.width -= 3 }, sound.resampleRows) }
    },
    Violation(requirement: "task->input_stride >= task->count", shape: .resampleColumns(count: 33, taps: 6)) {
      $0.resampleColumns = { changed($0, { $0.input_stride -= 1 }, sound.resampleColumns) }
    },
    Violation(
      requirement: "(window->output_height - 1) * window->stride - window->top < window->height",
      shape: .maxPoolGradient(window)
    ) {
      $0.maxPoolGradient = { changed($0, { $0.window.output_height += 1 }, sound.maxPoolGradient) }
    },
    Violation(requirement: "0 <= (task->first_row)", shape: .averagePoolGradient(window)) {
      $0.averagePoolGradient = { changed($0, { $0.first_row = -1 }, sound.averagePoolGradient) }
    },
    Violation(requirement: "(task->end_row) <= (task->window.height)", shape: .depthwiseGradient(window)) {
      $0.depthwiseGradient = { changed($0, { $0.end_row += 1 }, sound.depthwiseGradient) }
    },
    Violation(requirement: "(task->first_row) <= (task->end_row)", shape: .foldColumns(window)) {
      $0.foldColumns = { changed($0, { $0.first_row = $0.end_row + 1 }, sound.foldColumns) }
    },
    Violation(requirement: "(task->end_channel) <= (task->channels)", shape: .moments(rows: 3, channels: 50)) {
      $0.moments = { changed($0, { $0.end_channel += 1 }, sound.moments) }
    },
  ]

  private static func changed<Task>(
    _ task: UnsafePointer<Task>, _ change: (inout Task) -> Void, _ kernel: (UnsafePointer<Task>) -> Void
  ) {
    var task = task.pointee
    change(&task)
    kernel(&task)
  }

  @Test(
    .disabled(if: Fence.isOpen, "an emulator starts no process of its own kind"),
    arguments: violations.indices, [CPUTier.reference, .best])
  func violationsEndTheProcess(_ index: Int, _ tier: CPUTier) async {
    let name: String = tier.rawValue
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
      [index, name = name as String] in
      let violation = Self.violations[index]
      var spoiled = KernelTable.table(for: try #require(CPUTier(rawValue: name)))
      Self.sound = spoiled.functions
      violation.plant(&spoiled.functions)
      violation.shape.makeRun(KernelOperands(ExecutionContext(kernels: spoiled, threads: 1))).run()
    }
    let line = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(line.hasPrefix("ttame-lite: broken precondition: "))
    #expect(line.contains(Self.violations[index].requirement))
  }

  @Test(.disabled(if: Fence.isOpen)) func operatorsHavePreconditionsToo() async {
    let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
      _ = ReductionLayout(kernelHeight: 0, kernelWidth: 1, channels: 1)
    }
    let line = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(line == "ttame-lite: broken precondition: a kernel and channels\n")
  }
}
