import CShim

extension Reference {
  /// `output[r, n] = clamp(weightScale[n] * Σ_blocks scale[r, block] * (Σ_k a[r, k] w[n, k] - zeroPoint * columnSum) + bias[n] + residual[r, n])`
  static func gemmInt8(_ task: UnsafePointer<gemm_task>) {
    require_gemm_int8(task)
    let task = task.pointee
    for r in 0..<task.rows {
      let row = task.row_data[r]
      for n in task.first_column..<task.end_column {
        let panel = n / PanelLayout.width
        let lane = n % PanelLayout.width
        var sum: Float = 0
        var block = 0
        var dot: Int32 = 0
        for run in 0..<task.run_count {
          let current = task.runs[run]
          let start = task.weights + panel * task.panel_stride + current.weights
          var weights = start.assumingMemoryBound(to: Int8.self) + 4 * lane
          for group in 0..<current.groups {
            for i in 0..<4 {
              dot &+= activation(task, row, current.offset, group, i) * Int32(weights[i])
            }
            weights += 4 * PanelLayout.width
          }
          if current.ends_block != 0 {
            // A model's file may say any column sums: these wrap, as in the vectors of the tiers.
            let shift = task.zero_point &* task.column_sums[(panel * task.blocks + block) * PanelLayout.width + lane]
            sum += Float(dot &- shift) * row.scales[current.scale]
            dot = 0
            block += 1
          }
        }
        finish(task, row, n, sum * task.weight_scales[n])
      }
    }
  }

  private static func activation(
    _ task: gemm_task, _ row: gemm_row, _ offset: Int, _ group: Int, _ channel: Int
  ) -> Int32 {
    guard task.has_words != 0 else {
      return Int32(row.activations.load(fromByteOffset: offset + 4 * group + channel, as: UInt8.self))
    }
    let place = [0, 2, 1, 3][channel]
    return Int32(row.activations.load(fromByteOffset: offset + 8 * group + 2 * place, as: UInt16.self))
  }

  /// The same over Float panels, without scales.
  static func gemmFloat(_ task: UnsafePointer<gemm_task>) {
    require_gemm(task)
    let task = task.pointee
    for r in 0..<task.rows {
      for n in task.first_column..<task.end_column {
        let panel = task.weights + n / PanelLayout.width * task.panel_stride
        var weights = panel.assumingMemoryBound(to: Float.self) + n % PanelLayout.width
        var sum: Float = 0
        for run in 0..<task.run_count {
          let current = task.runs[run]
          let source = task.row_data[r].activations + current.offset
          let activations = source.assumingMemoryBound(to: Float.self)
          for k in 0..<current.length { sum += activations[k] * weights[k * PanelLayout.width] }
          weights += 4 * current.groups * PanelLayout.width
        }
        finish(task, task.row_data[r], n, sum)
      }
    }
  }

  static func finish(_ task: gemm_task, _ row: gemm_row, _ n: Int, _ sum: Float) {
    var residual = row.residual[task.residual_step * n]
    if let levels = row.residual_levels {
      residual = Float(levels[n]) * row.residual_scales[n / PanelLayout.block]
    }
    let place = n / PanelLayout.width * task.output_panel + n % PanelLayout.width
    row.output[place] = clamp(sum + task.bias[n] + residual, task.lower, task.upper)
  }

  /// Not-a-number stays as it is.
  static func clamp(_ x: Float, _ lower: Float, _ upper: Float) -> Float {
    x < lower ? lower : x > upper ? upper : x
  }
}
