// Kernels that work on pictures: pixels of red, green and blue bytes.

import CShim

extension Reference {
  private static let half: Int32 = 1 << (resample_fraction_bits - 1)

  private static func level(_ sum: Int32) -> UInt8 { UInt8(min(max(sum >> resample_fraction_bits, 0), 255)) }

  static func resampleRows(_ task: UnsafePointer<resample_rows_task>) {
    require_resample_rows(task)
    let task = task.pointee
    for row in 0..<task.rows {
      for column in 0..<task.columns {
        let first = Int(task.first[column])
        for channel in 0..<3 {
          var sum = half
          for tap in 0..<min(task.taps, task.width - first) {
            let sample = task.input[row * task.input_stride + 3 * (first + tap) + channel]
            sum &+= task.weights[column * task.taps + tap] &* Int32(sample)
          }
          task.output[3 * (row * task.columns + column) + channel] = level(sum)
        }
      }
    }
  }

  static func resampleColumns(_ task: UnsafePointer<resample_columns_task>) {
    require_resample_columns(task)
    let task = task.pointee
    for i in 0..<task.count {
      var sum = half
      for tap in 0..<task.taps { sum &+= task.weights[tap] &* Int32(task.input[tap * task.input_stride + i]) }
      task.output[i] = level(sum)
    }
  }

  static func roundToLevels(_ values: UnsafePointer<Float>, _ levels: UnsafeMutablePointer<UInt8>, _ count: Int) {
    require_pixels(count)
    for i in 0..<count { levels[i] = UInt8(values[i] * 255 + 0.5) }
  }

  static func blendPixels(
    _ levels: UnsafePointer<UInt8>, _ blends: UnsafePointer<pixel_blend>, _ pixels: UnsafeMutablePointer<UInt8>,
    _ count: Int
  ) {
    require_pixels(count)
    for i in 0..<count {
      let (added, kept) = (blends[Int(levels[i])].added, blends[Int(levels[i])].kept)
      for (channel, (added, kept)) in [(added.0, kept.0), (added.1, kept.1), (added.2, kept.2)].enumerated() {
        let sum = UInt16(pixels[3 * i + channel]) &* kept &+ added
        pixels[3 * i + channel] = UInt8(sum >> 8)
      }
    }
  }
}
