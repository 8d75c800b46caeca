import CShim

/// Residuals that come as levels, of whole tiles and of those that stick out over the last channel: 1 x 1 over 64 channels.
func checkResidualLevels(outputs: Int, _ report: inout Report) {
  var generator = SeededGenerator(state: 5)
  let shape = Shape(
    height: 3, width: 5, channels: 64, outputs: outputs, kernel: 1, stride: 1, padding: 0, isSigned: true)
  let stored = (outputs + 3) / 4 * 4
  // Never negative: the reference reads unsigned bytes.
  let activations = generator.levels(shape.rows * shape.channels).map { $0 < 0 ? -$0 : $0 }
  let columns = PanelLayout.padded(outputs)
  var packed = [Int8](repeating: 0, count: columns / PanelLayout.width * shape.layout.panelBytes)
  shape.layout.pack(generator.levels(outputs * shape.channels), outputs: outputs, into: &packed)
  let ones = [Float](repeating: 1, count: columns)
  let sums = [Int32](repeating: 0, count: columns)
  let levels = generator.levels(shape.rows * stored).map { UInt8(bitPattern: $0) }
  let scales = generator.floats(shape.rows * (outputs / 256 + 1), 0.5, 1)

  func run(zeroPoint: UInt8, _ kernel: (UnsafePointer<gemm_task>) -> Void) -> [Float] {
    let levels = levels.map { $0 &+ zeroPoint }
    var widened = [Float](repeating: .nan, count: shape.rows * Int(gemm_tile_columns))
    return activations.withUnsafeBytes { activations in
      packed.withUnsafeBytes { packed in
        product(
          shape, activations: activations.baseAddress.unsafelyUnwrapped, size: 1,
          scales: [Float](repeating: 1, count: shape.rows), weights: packed.baseAddress.unsafelyUnwrapped,
          weightScales: ones, bias: ones, residual: [], sums: sums, zeroPoint: 0
        ) { task in
          levels.withUnsafeBufferPointer { levels in
            scales.withUnsafeBufferPointer { scales in
              widened.withUnsafeMutableBufferPointer { widened in
                var task = task.pointee
                var rows = (0..<task.rows + Int(gemm_tile_rows)).map { task.row_data[$0] }
                // Those beyond the last row are the last one again.
                for row in rows.indices {
                  let source = min(row, task.rows - 1)
                  rows[row].residual =
                    UnsafePointer(widened.baseAddress.unsafelyUnwrapped) + source * Int(gemm_tile_columns)
                  rows[row].residual_levels = levels.baseAddress.unsafelyUnwrapped + source * stored
                  rows[row].residual_scales = scales.baseAddress.unsafelyUnwrapped + source * (outputs / 256 + 1)
                }
                rows.withUnsafeBufferPointer {
                  task.row_data = $0.baseAddress
                  kernel(&task)
                }
              }
            }
          }
        }.output
      }
    }
  }
  let shift = UInt8(truncatingIfNeeded: ActivationFormat.signedEightBits.zeroPoint(isSigned: false))
  report.expect(
    run(zeroPoint: shift) { gemmInt8($0) }, near: run(zeroPoint: 0, Reference.gemmInt8), 1e-6,
    "residual levels, \(outputs) outputs")
}
