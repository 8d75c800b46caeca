import Glibc
import Kernels

/// Adam, for training with few images: every parameter moves at its own scale, and what all classes have in common is learned
/// from every image.
///
/// A fuse row has a gradient only when its class occurs, which with some ten photographs of a class is seldom. So the rows are
/// understood as `row of the class + shared row`. The shared row has the sum of all rows' gradients and a step of its own, which
/// moves the rows of all classes, those too that never occur. A row that does not occur keeps its moments as they are.
///
/// D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", 2015.
package struct Adam {
  package init() {}

  package func step(
    _ parameters: HeadParameters, _ gradients: HeadGradients, _ moments: AdamMoments, rate: Double,
    _ context: ExecutionContext
  ) {
    moments.steps += 1
    let rate = Float(rate)
    func descend(_ parameter: Parameter, _ first: Int, _ gradient: [Float], steps: Int) {
      let memory = moments.second(parameter)
      parameter.values.withUnsafeMutableBufferPointer { values in
        parameter.velocity.withUnsafeMutableBufferPointer { velocity in
          memory.values.withUnsafeMutableBufferPointer { second in
            gradient.withUnsafeBufferPointer { gradient in
              guard let x = values.baseAddress, let m = velocity.baseAddress, let v = second.baseAddress,
                let g = gradient.baseAddress
              else { return }
              let rule = AdamRule(rate: rate, steps: steps)
              context.forEachRange(count: gradient.count, grain: 1 << 14) {
                rule.run(x + first, m + first, v + first, g, $0)
              }
            }
          }
        }
      }
    }
    for (parameter, gradient) in gradients.pairs(parameters) {
      descend(parameter, 0, gradient, steps: moments.steps)
    }
    let length = parameters.fuse.shape[1]
    var shared = [Float](repeating: 0, count: length + 1)
    for (index, label) in gradients.labels.enumerated() {
      let row = gradients.fuseRow(index)
      for i in 0..<length { shared[i] += row[i] }
      shared[length] += gradients.fuseBias[index]
      moments.rowSteps[label] += 1
      let steps = Int(moments.rowSteps[label])
      descend(parameters.fuse, label * length, row, steps: steps)
      descend(parameters.fuseBias, label, [gradients.fuseBias[index]], steps: steps)
    }
    let before = moments.shared.values
    descend(moments.shared, 0, shared, steps: moments.steps)
    let shift = zip(moments.shared.values, before).map { $0 - $1 }
    for label in 0..<parameters.classes {
      for i in 0..<length { parameters.fuse.values[label * length + i] += shift[i] }
      parameters.fuseBias.values[label] += shift[length]
    }
  }
}

/// What Adam remembers beside the parameters, whose `velocity` is the first moment.
package final class AdamMoments {
  /// Steps done.
  var steps = 0
  /// Steps in which each class occurred; a whole number, of a tensor's type.
  var rowSteps: [Float]
  /// The sum of all shifts of the shared row, and of its bias behind it.
  let shared: Parameter
  private var seconds: [String: SecondMoment] = [:]

  final class SecondMoment {
    var values: [Float]

    init(_ values: [Float]) { self.values = values }
  }

  package init(_ parameters: HeadParameters) {
    rowSteps = [Float](repeating: 0, count: parameters.classes)
    let length = parameters.fuse.shape[1] + 1
    shared = Parameter("shared", [length], [Float](repeating: 0, count: length), decays: false)
    for parameter in parameters.trainable + [shared] {
      seconds[parameter.name] = SecondMoment([Float](repeating: 0, count: parameter.values.count))
    }
  }

  func second(_ parameter: Parameter) -> SecondMoment {
    guard let moment = seconds[parameter.name] else {
      preconditionFailure("\(parameter.name) is no parameter of the head")
    }
    return moment
  }
}
