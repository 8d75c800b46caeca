import CShim

extension Reference {
  /// `output[r, n] = clamp(weightScale[n] * Σ_blocks scale[r, block] * (Σ_k a[r, k] w[n, k] - zeroPoint * columnSum) + bias[n] + residual[r, n])`
  static func gemmInt8(_ task: UnsafePointer<gemm_task>) {
    let task = task.pointee
    precondition(task.first_column % PanelLayout.width == 0)
    for r in 0..<task.rows {
      let activations = (task.activations + task.row_offsets[r]).assumingMemoryBound(to: UInt8.self)
      for n in task.first_column..<task.end_column {
        let panel = n / PanelLayout.width
        let lane = n % PanelLayout.width
        var weights = (task.weights + panel * task.panel_stride).assumingMemoryBound(to: Int8.self) + 4 * lane
        var sum: Float = 0
        var block = 0
        var dot: Int32 = 0
        for run in 0..<task.run_count {
          let current = task.runs[run]
          for group in 0..<current.groups {
            for i in 0..<4 {
              dot += Int32(activations[current.offset + 4 * group + i]) * Int32(weights[i])
            }
            weights += 4 * PanelLayout.width
          }
          if current.ends_block != 0 {
            let shift = task.zero_point * task.column_sums[(panel * task.blocks + block) * PanelLayout.width + lane]
            sum += Float(dot - shift) * task.scales[task.row_scales[r] + current.scale]
            dot = 0
            block += 1
          }
        }
        finish(task, r, n, sum * task.weight_scales[n])
      }
    }
  }

  /// The same over Float panels, without scales.
  static func gemmFloat(_ task: UnsafePointer<gemm_task>) {
    let task = task.pointee
    for r in 0..<task.rows {
      for n in task.first_column..<task.end_column {
        let panel = task.weights + n / PanelLayout.width * task.panel_stride
        var weights = panel.assumingMemoryBound(to: Float.self) + n % PanelLayout.width
        var sum: Float = 0
        for run in 0..<task.run_count {
          let current = task.runs[run]
          let source = task.activations + task.row_offsets[r] + current.offset
          let activations = source.assumingMemoryBound(to: Float.self)
          for k in 0..<current.length { sum += activations[k] * weights[k * PanelLayout.width] }
          weights += 4 * current.groups * PanelLayout.width
        }
        finish(task, r, n, sum)
      }
    }
  }

  private static func finish(_ task: gemm_task, _ r: Int, _ n: Int, _ sum: Float) {
    let residual = task.residual.map { $0[r * task.residual_stride + n] } ?? 0
    task.output[r * task.output_stride + n] = clamp(sum + task.bias[n] + residual, task.lower, task.upper)
  }

  /// Not-a-number stays as it is.
  static func clamp(_ x: Float, _ lower: Float, _ upper: Float) -> Float {
    x < lower ? lower : x > upper ? upper : x
  }
}
