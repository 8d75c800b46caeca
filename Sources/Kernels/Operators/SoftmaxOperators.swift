// The softmax of the rows of matrices.

import CShim

extension ExecutionContext {
  /// Elements that are worth a chunk of their own.
  private var softmaxGrain: Int { 4096 }

  /// - Parameter input: `[rows, columns]`, as the result.
  public func softmax(
    _ input: UnsafePointer<Float>, rows: Int, columns: Int, output: UnsafeMutablePointer<Float>
  ) {
    forEachRange(count: rows, grain: max(1, softmaxGrain / columns)) { rows in
      for row in rows {
        let target = output + row * columns
        target.update(from: input + row * columns, count: columns)
        kernels.functions.softmax(target, columns)
      }
    }
  }

  /// - Parameters:
  ///   - gradient: of the probabilities, `[rows, columns]`; may be the result.
  ///   - result: the gradient of what they are the softmax of.
  public func softmaxGradient(
    _ gradient: UnsafePointer<Float>, probabilities: UnsafePointer<Float>, rows: Int, columns: Int,
    result: UnsafeMutablePointer<Float>
  ) {
    forEachRange(count: rows, grain: max(1, softmaxGrain / columns)) { rows in
      for row in rows {
        let first = row * columns
        kernels.functions.softmaxGradient(gradient + first, probabilities + first, result + first, columns, 1)
      }
    }
  }
}
