import Kernels

/// Stochastic gradient descent with Nesterov momentum; weight decay on all but biases.
///
/// Fuse rows of classes that are not in the batch have no gradient, but decay and momentum move them too, every step.
package struct Descent {
  package var decay: Float = 5e-4

  package init() {}

  package func step(
    _ parameters: HeadParameters, _ gradients: HeadGradients, rate: Double, momentum: Double,
    _ context: ExecutionContext
  ) {
    func descend(_ parameter: Parameter, _ range: Range<Int>, _ gradient: [Float]?) {
      parameter.values.withUnsafeMutableBufferPointer { values in
        parameter.velocity.withUnsafeMutableBufferPointer { velocity in
          guard let values = values.baseAddress, let velocity = velocity.baseAddress else { return }
          func run(_ gradient: UnsafePointer<Float>?) {
            context.descend(
              values + range.lowerBound, velocity: velocity + range.lowerBound, gradient: gradient,
              count: range.count, rate: Float(rate), momentum: Float(momentum), decay: parameter.decays ? decay : 0)
          }
          if let gradient { gradient.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
        }
      }
    }
    for (parameter, gradient) in gradients.pairs(parameters) { descend(parameter, 0..<gradient.count, gradient) }
    let length = parameters.fuse.shape[1]
    var next = 0
    for (index, label) in gradients.labels.enumerated().sorted(by: { $0.element < $1.element }) {
      if next < label { descend(parameters.fuse, next * length..<label * length, nil) }
      descend(parameters.fuse, label * length..<(label + 1) * length, gradients.fuseRow(index))
      next = label + 1
    }
    if next < parameters.classes { descend(parameters.fuse, next * length..<parameters.classes * length, nil) }
    var biases = [Float](repeating: 0, count: parameters.classes)
    for (index, label) in gradients.labels.enumerated() { biases[label] = gradients.fuseBias[index] }
    descend(parameters.fuseBias, 0..<parameters.classes, biases)
  }
}
