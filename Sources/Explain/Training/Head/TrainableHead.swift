import Glibc
import Kernels

/// The attention head in training: batch statistics, maps of the batch's classes only, gradients of everything.
///
/// A 1 x 1 convolution commutes with bilinear enlargement, so the fuse rows work at each branch's own resolution, forward and
/// backward.
package final class TrainableHead {
  package let parameters: HeadParameters
  let images: Int
  /// Of the maps.
  package let height, width: Int
  private let context: ExecutionContext
  private let branches: [BranchState]
  private let scratch: HeadScratch
  private var labels: [Int] = []

  /// - Parameter shapes: of the layers that the head reads.
  init(
    _ parameters: HeadParameters, shapes: [Shape], images: Int, context: ExecutionContext
  ) throws(EngineError) {
    self.parameters = parameters
    self.images = images
    self.context = context
    (height, width) = AttentionHead.mapSize(first: shapes[0])
    var states: [BranchState] = []
    for shape in shapes {
      states.append(try BranchState(shape, images: images, hasBranch: !parameters.branches.isEmpty))
    }
    branches = states
    scratch = try HeadScratch(shapes: shapes, images: images)
  }

  /// Features of a layer, `[images, height, width, channels]`, which the caller fills in.
  func features(_ branch: Int) -> UnsafeMutablePointer<Float> { branches[branch].features }

  private var mapPixels: Int { height * width }

  // MARK: Forward

  /// The maps before the sigmoid, `[images, labels, height, width]`.
  ///
  /// - Parameters:
  ///   - labels: distinct classes.
  ///   - updatesStatistics: whether the running statistics of BatchNorm learn from the batch.
  func scores(labels: [Int], updatesStatistics: Bool) -> [Float] {
    self.labels = labels
    let count = images * labels.count * mapPixels
    var maps = [Float](unsafeUninitializedCapacity: count) { values, initialized in
      for i in 0..<count { values[i] = parameters.fuseBias.values[labels[i / mapPixels % labels.count]] }
      initialized = count
    }
    for index in branches.indices {
      if !parameters.branches.isEmpty { normalize(index, updatesStatistics) }
      let planes = fuse(index)
      enlarge(planes, index, into: &maps)
    }
    return maps
  }

  /// The smallest values of a layer's feature channels in the batch.
  func featureMinima(_ index: Int) -> [Float] {
    let state = branches[index]
    return (0..<state.channels).map { c in
      (0..<state.rows).reduce(Float.infinity) { min($0, state.features[$1 * state.channels + c]) }
    }
  }

  /// Means of a layer's feature channels over the batch.
  func featureMeans(_ index: Int) -> [Float] {
    let state = branches[index]
    let sums = context.moments(state.features, state.features, rows: state.rows, channels: state.channels)
    return sums.sum.map { Float($0 / Double(state.rows)) }
  }

  private func normalize(_ index: Int, _ updatesStatistics: Bool) {
    let (state, branch) = (branches[index], parameters.branches[index])
    let (rows, channels) = (state.rows, state.channels)
    branch.convolution.values.withMatrix(rows: channels, columns: channels) {
      context.packTransposedPanels($0, into: scratch.panels)
    }
    scratch.bias.update(from: branch.bias.values, count: channels)
    context.product(
      Matrix(state.features, rows: rows, columns: channels), panels: scratch.panels, columns: channels,
      bias: scratch.bias, into: state.convolved)
    let n = Double(rows)
    let sums = context.moments(state.convolved, state.convolved, rows: rows, channels: channels)
    for c in 0..<channels { state.mean[c] = Float(sums.sum[c] / n) }
    let squares = context.moments(
      state.convolved, state.convolved, aCenter: state.mean, bCenter: state.mean, rows: rows, channels: channels)
    for c in 0..<channels {
      let variance = squares.product[c] / n
      let inverse = 1 / (variance + HeadParameters.epsilon).squareRoot()
      state.inverse[c] = inverse
      let scale = Double(branch.normWeight.values[c]) * inverse
      scratch.scale[c] = Float(scale)
      scratch.shift[c] = Float(Double(branch.normBias.values[c]) - sums.sum[c] / n * scale)
      if updatesStatistics {
        let momentum = HeadParameters.statisticsMomentum
        let unbiased = n > 1 ? variance * n / (n - 1) : variance
        branch.runningMean[c] = Float(
          (1 - momentum) * Double(branch.runningMean[c]) + momentum * sums.sum[c] / n)
        branch.runningVariance[c] = Float(
          (1 - momentum) * Double(branch.runningVariance[c]) + momentum * unbiased)
      }
    }
    context.normalizeAddRelu(
      state.convolved, scale: scratch.scale, shift: scratch.shift, skip: state.features, output: state.activated,
      rows: rows, channels: channels)
  }

  /// The fuse rows of the batch's classes, `[labels, channels]`.
  private func fuseRows(_ index: Int) -> [Float] {
    let columns = parameters.fuseColumns(index)
    let stride = parameters.fuse.shape[1]
    return labels.flatMap {
      parameters.fuse.values[$0 * stride + columns.lowerBound..<$0 * stride + columns.upperBound]
    }
  }

  /// A layer's share of the maps at its own resolution, `[rows, labels]`.
  private func fuse(_ index: Int) -> [Float] {
    let state = branches[index]
    fuseRows(index).withMatrix(rows: labels.count, columns: state.channels) {
      context.packTransposedPanels($0, into: scratch.panels)
    }
    var planes = [Float](repeating: 0, count: state.rows * labels.count)
    context.product(
      Matrix(state.activated, rows: state.rows, columns: state.channels), panels: scratch.panels,
      columns: labels.count, bias: scratch.zeros, into: &planes)
    return planes
  }

  private func enlarge(_ planes: [Float], _ index: Int, into maps: inout [Float]) {
    let (state, labels) = (branches[index], labels.count)
    planes.withUnsafeBufferPointer { planes in
      maps.withUnsafeMutableBufferPointer { maps in
        guard let planes = planes.baseAddress, let maps = maps.baseAddress else { return }
        context.pool.run(chunks: images) { image in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: state.pixels) { plane in
            guard let plane = plane.baseAddress else { return }
            for label in 0..<labels {
              for p in 0..<state.pixels { plane[p] = planes[(image * state.pixels + p) * labels + label] }
              context.bilinear(
                plane, height: state.height, width: state.width,
                output: maps + (image * labels + label) * mapPixels, outputHeight: height, outputWidth: width,
                accumulate: true)
            }
          }
        }
      }
    }
  }

  // MARK: Backward

  /// Gradients of all parameters, after `forward`.
  ///
  /// - Parameter maps: gradient of the maps before the sigmoid, of their shape.
  func backward(_ maps: [Float]) -> HeadGradients {
    var gradients = HeadGradients(labels: labels, fuseBias: biasGradient(maps))
    for index in branches.indices {
      let planes = shrink(maps, index)
      planes.withMatrix(rows: branches[index].rows, columns: labels.count) { planes in
        gradients.fuse.append(fuseGradient(planes, index))
        if !parameters.branches.isEmpty { gradients.branches.append(backward(planes, index)) }
      }
    }
    return gradients
  }

  private func biasGradient(_ maps: [Float]) -> [Float] {
    (0..<labels.count).map { label in
      var sum = 0.0
      for image in 0..<images {
        let first = (image * labels.count + label) * mapPixels
        for i in first..<first + mapPixels { sum += Double(maps[i]) }
      }
      return Float(sum)
    }
  }

  /// The gradient of a layer's planes, `[rows, labels]`.
  private func shrink(_ maps: [Float], _ index: Int) -> [Float] {
    let (state, labels) = (branches[index], labels.count)
    var planes = [Float](repeating: 0, count: state.rows * labels)
    planes.withUnsafeMutableBufferPointer { planes in
      maps.withUnsafeBufferPointer { maps in
        guard let planes = planes.baseAddress, let maps = maps.baseAddress else { return }
        context.pool.run(chunks: images) { image in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: state.pixels) { plane in
            guard let plane = plane.baseAddress else { return }
            for label in 0..<labels {
              context.bilinearGradient(
                maps + (image * labels + label) * mapPixels, height: state.height, width: state.width,
                outputHeight: height, outputWidth: width, result: plane)
              for p in 0..<state.pixels { planes[(image * state.pixels + p) * labels + label] = plane[p] }
            }
          }
        }
      }
    }
    return planes
  }

  /// The gradient of the batch's fuse rows, `[labels, channels]`.
  private func fuseGradient(_ planes: Matrix, _ index: Int) -> [Float] {
    let state = branches[index]
    var gradient = [Float](repeating: 0, count: labels.count * state.channels)
    context.transposedProduct(
      planes, Matrix(state.activated, rows: state.rows, columns: state.channels), scratch: scratch.product,
      zeros: scratch.zeros, into: &gradient)
    return gradient
  }

  private func backward(_ planes: Matrix, _ index: Int) -> HeadGradients.Branch {
    let (state, branch) = (branches[index], parameters.branches[index])
    let (rows, channels) = (state.rows, state.channels)
    var gradient = HeadGradients.Branch(channels: channels)
    fuseRows(index).withMatrix(rows: labels.count, columns: channels) {
      context.packPanels($0, into: scratch.panels)
    }
    context.product(
      planes, panels: scratch.panels, columns: channels, bias: scratch.zeros, into: scratch.gradient)
    context.clampGradient(
      scratch.gradient, output: state.activated, clamp: .relu, result: scratch.gradient, count: rows * channels)
    let sums = context.moments(
      scratch.gradient, state.convolved, bCenter: state.mean, rows: rows, channels: channels)
    let n = Double(rows)
    for c in 0..<channels {
      gradient.normBias[c] = Float(sums.sum[c])
      gradient.normWeight[c] = Float(sums.product[c] * state.inverse[c])
      let scale = Double(branch.normWeight.values[c]) * state.inverse[c]
      scratch.scale[c] = Float(scale)
      scratch.slope[c] = Float(-scale * state.inverse[c] * state.inverse[c] * sums.product[c] / n)
      scratch.shift[c] = Float(-scale * sums.sum[c] / n)
    }
    context.normalizationGradient(
      scratch.gradient, input: state.convolved, center: state.mean, scale: scratch.scale, slope: scratch.slope,
      shift: scratch.shift, result: scratch.gradient, rows: rows, channels: channels)
    let ofConvolved = Matrix(scratch.gradient, rows: rows, columns: channels)
    let total = context.moments(scratch.gradient, scratch.gradient, rows: rows, channels: channels)
    for c in 0..<channels { gradient.bias[c] = Float(total.sum[c]) }
    context.transposedProduct(
      ofConvolved, Matrix(state.features, rows: rows, columns: channels), scratch: scratch.product,
      zeros: scratch.zeros, into: &gradient.convolution)
    return gradient
  }
}
