import CShim

/// One int8 product of 240 rows and 64 columns with a reduction in one block, however long, for counting instructions.
func countedProduct(_ reduction: Int) {
  let (rows, columns) = (240, 64)
  let operands = KernelOperands(
    ExecutionContext(kernels: KernelTable(tier: .neon, functions: kernelFunctions()), threads: 1))
  let (activations, weights) = (operands.levels(rows * reduction), operands.levels(columns * reduction))
  let (ones, output) = (operands.floats(columns, in: 1...1), operands.uninitialized(rows * columns))
  let sums = operands.bytes(columns * MemoryLayout<Int32>.size)
  sums.initializeMemory(as: UInt8.self, repeating: 0, count: columns * MemoryLayout<Int32>.size)
  let scratch = GemmScratch(threadScratch(GemmScratch.byteCount(rows: rows)))
  for row in 0..<rows {
    scratch.rows[row] = scratch.row(
      activations: activations + row * reduction, scales: ones, output: output + row * columns)
  }
  var task = scratch.task(rows: rows)
  var run = gemm_run(
    offset: 0, groups: reduction / PanelLayout.group, length: reduction, weights: 0, scale: 0, ends_block: 1)
  withUnsafePointer(to: &run) {
    (task.runs, task.run_count, task.blocks) = ($0, 1, 1)
    (task.weights, task.panel_stride) = (UnsafeRawPointer(weights), reduction * PanelLayout.width)
    (task.weight_scales, task.bias, task.end_column) = (UnsafePointer(ones), UnsafePointer(ones), columns)
    task.column_sums = UnsafePointer(sums.assumingMemoryBound(to: Int32.self))
    gemmInt8(&task)
  }
  print("\(rows * columns * reduction) multiply-accumulates, first result \(Int(output[0]))")
}
