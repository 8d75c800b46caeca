import CShim

extension Reference {
  /// The nearest bf16, ties to even; what is not a number stays so.
  static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  static func roundToBFloat16(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<UInt16>, _ count: Int) {
    for i in 0..<count { output[i] = bfloat16(input[i]) }
  }

  /// `gemmFloat` over bf16 activations and pairs of bf16 weights, summed in Float.
  static func gemmBFloat16(_ task: UnsafePointer<gemm_task>) {
    require_gemm(task)
    let task = task.pointee
    func value(_ base: UnsafeRawPointer, _ index: Int) -> Float {
      Float(bitPattern: UInt32(base.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
    }
    for r in 0..<task.rows {
      for n in task.first_column..<task.end_column {
        var weights = task.weights + n / PanelLayout.width * task.panel_stride + n % PanelLayout.width * 4
        var sum: Float = 0
        for run in 0..<task.run_count {
          let current = task.runs[run]
          let activations = task.row_data[r].activations + current.offset
          for k in 0..<current.length {
            sum += value(activations, k) * value(weights + k / 2 * PanelLayout.width * 4, k % 2)
          }
          weights += 2 * current.groups * PanelLayout.width * 4
        }
        finish(task, task.row_data[r], n, sum)
      }
    }
  }
}
