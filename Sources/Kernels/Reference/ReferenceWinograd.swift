// Winograd's F(2 x 2, 3 x 3).

import CShim

extension Reference {
  static func winogradWeights(_ weights: UnsafePointer<Int8>, _ groups: Int, _ words: UnsafeMutablePointer<Int16>)
    -> Int32
  {
    require_winograd_weights(groups)
    let (width, channels) = (Int(panel_width), 4 * groups)
    // Rows of 2 G times three values.
    func transformed(_ v: [Int16]) -> [Int16] { [2 * v[0], v[0] + v[1] + v[2], v[0] - v[1] + v[2], 2 * v[2]] }
    var largest: Int32 = 0
    for column in 0..<width {
      var sum: Int32 = 0
      for channel in 0..<channels {
        let g = (0..<9).map { tap in
          Int16(weights[((tap * groups + channel / 4) * width + column) * 4 + channel % 4])
        }
        for weight in g { sum += Int32(weight.magnitude) }
        let columns = (0..<3).map { x in transformed([g[x], g[3 + x], g[6 + x]]) }
        for r in 0..<4 {
          for (c, value) in transformed(columns.map { $0[r] }).enumerated() {
            words[(((4 * r + c) * channels + channel) / 2 * width + column) * 2 + channel % 2] = value
          }
        }
      }
      largest = max(largest, sum)
    }
    return largest
  }

  static func winogradInput(_ task: UnsafePointer<winograd_input_task>) {
    require_winograd_input(task)
    let task = task.pointee
    for tile in 0..<task.tiles {
      let (row, column) = (task.first_tile + tile).quotientAndRemainder(dividingBy: task.tiles_per_row)
      let (y, x) = (task.top + 2 * row, task.left + 2 * column)
      let pixels = (0..<16).map { place -> Int? in
        let (py, px) = (y + place / 4, x + place % 4)
        return py < task.height && px < task.width ? py * task.width + px : nil
      }
      var pattern: UInt32 = 0
      for case let pixel? in pixels {
        for block in 0..<task.blocks { pattern = max(pattern, task.scales[pixel * task.blocks + block].bitPattern) }
      }
      let largest = Float(bitPattern: pattern)
      let inverse: Float = largest > Float.leastNormalMagnitude && largest < .infinity ? 32767 / largest : 0
      task.tile_scales[tile] = largest * (32768.0 / 32767 / Float(1 << task.shift))
      for channel in 0..<task.channels {
        let d = pixels.map { pixel -> Int32 in
          guard let pixel, inverse > 0 else { return 0 }
          let ratio = Int32(task.scales[pixel * task.blocks + channel / Int(block_length)] * inverse + 0.5)
          let level = (Int32(task.levels[pixel * task.channels + channel]) - task.zero_point) << task.shift
          return (level * ratio + 1 << 14) >> 15
        }
        func transformed(_ v: [Int32]) -> [Int32] { [v[0] - v[2], v[1] + v[2], v[2] - v[1], v[1] - v[3]] }
        let columns = (0..<4).map { c in transformed((0..<4).map { d[4 * $0 + c] }) }
        for r in 0..<4 {
          for (c, value) in transformed(columns.map { $0[r] }).enumerated() {
            task.output[((4 * r + c) * task.tile_stride + tile) * task.channels + channel] = Int16(value)
          }
        }
      }
    }
  }

  static func winogradProducts(_ task: UnsafePointer<winograd_products_task>) {
    require_winograd_products(task)
    let task = task.pointee
    let width = Int(panel_width)
    for column in task.first_column..<task.end_column {
      let panel = task.weights + column / width * Int(winograd_places) * task.channels * width
      for tile in 0..<task.tiles {
        let m = (0..<Int(winograd_places)).map { place -> Int32 in
          let words = task.input + (place * task.tile_stride + tile) * task.channels
          let weights = panel + place * task.channels * width
          var sum: Int32 = 0
          for c in 0..<task.channels {
            sum &+= Int32(words[c]) * Int32(weights[(c / 2 * width + column % width) * 2 + c % 2])
          }
          return sum
        }
        func transformed(_ v: [Int32]) -> [Int32] { [v[0] &+ v[1] &+ v[2], v[1] &- v[2] &- v[3]] }
        let columns = (0..<4).map { c in transformed((0..<4).map { m[4 * $0 + c] }) }
        let (row, x) = tile.quotientAndRemainder(dividingBy: task.tiles_per_row)
        for r in 0..<2 where 2 * row + r < task.height {
          for (c, sum) in transformed(columns.map { $0[r] }).enumerated() where 2 * x + c < task.width {
            let pixel = (2 * row + r) * task.width + 2 * x + c
            var value = task.bias[column] + Float(sum) * (task.weight_scales[column] * task.tile_scales[tile])
            if let residual = task.residual { value += residual[pixel * task.residual_stride + column] }
            if let levels = task.residual_levels {
              let scale = task.residual_scales[pixel * task.residual_blocks + column / Int(block_length)]
              value += Float(levels[pixel * task.residual_stride + column]) * scale
            }
            task.output[pixel * task.output_stride + column] = min(task.upper, max(task.lower, value))
          }
        }
      }
    }
  }
}
