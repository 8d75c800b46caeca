/// The gradient of the loss by the head's parameters. Fuse rows of classes that are not in the batch have none.
package struct HeadGradients {
  package struct Branch {
    /// `[C, C]`: outputs, inputs.
    package var convolution: [Float]
    package var bias, normWeight, normBias: [Float]

    package init(channels: Int) {
      convolution = [Float](repeating: 0, count: channels * channels)
      bias = [Float](repeating: 0, count: channels)
      (normWeight, normBias) = (bias, bias)
    }
  }

  /// The branches' parameters, each with its gradient.
  func pairs(_ parameters: HeadParameters) -> [(parameter: Parameter, gradient: [Float])] {
    zip(parameters.branches, branches).flatMap { branch, gradient in
      [
        (branch.convolution, gradient.convolution), (branch.bias, gradient.bias),
        (branch.normWeight, gradient.normWeight), (branch.normBias, gradient.normBias),
      ]
    }
  }

  /// The classes of the fuse rows.
  package var labels: [Int]
  /// None in L-CAM.
  package var branches: [Branch] = []
  /// Of every layer that the head reads, `[labels, C]`.
  package var fuse: [[Float]] = []
  package var fuseBias: [Float]

  package init(labels: [Int], fuseBias: [Float]) { (self.labels, self.fuseBias) = (labels, fuseBias) }

  /// All columns of the fuse row of `labels[index]`.
  package func fuseRow(_ index: Int) -> [Float] {
    fuse.flatMap { rows in
      let channels = rows.count / labels.count
      return rows[index * channels..<(index + 1) * channels]
    }
  }
}
