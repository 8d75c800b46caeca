import FoundationEssentials

/// A head in the middle of its training, as a file: everything that is needed to go on exactly.
///
/// A safetensors file under PyTorch's names, so that `import --head` takes it too; the optimiser's velocities are beside the
/// values as `velocity.NAME` (and Adam's second moments as `second.NAME`), the mean of every feature channel as
/// `features.LAYER.mean`. Where the written head keeps some of its start, NAME is that mean, and `trained.NAME` and `start.NAME` are what
/// it is of.
struct Checkpoint {
  /// What the metadata say.
  struct Facts: Codable, Equatable {
    var options: TrainingOptions
    var model: String
    /// Of its file; nil where that has none, and in files of the time when nobody asked.
    var modelChecksum: String?
    /// Of the list of images, so that no other list is taken for it.
    var imagesDigest: UInt64
    var images: Int
    /// Steps done.
    var step: Int
    var steps: Int
    /// How many times each class was a label.
    var labels: [Int: Int]
    var history: TrainingHistory
  }

  private static let rowSteps = "rows.steps"
  var facts: Facts
  let parameters: HeadParameters
  /// Nil if the optimiser is another one.
  let moments: AdamMoments?
  /// Of every layer that the head reads.
  var featureMeans: [[Float]]

  func write(to path: String) throws(FileError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let json = try? encoder.encode(facts) else {
      preconditionFailure("the facts hold a number that is not finite")
    }
    let tensors = tensors
    let writer = try SafetensorsWriter(
      path: path, tensors: tensors.map { SafetensorsWriter.Declaration($0.name, .f32, $0.shape) },
      metadata: [SafetensorsContents.checkpointKey: String(decoding: json, as: UTF8.self)])
    for tensor in tensors { try writer.write(tensor.values, to: tensor.name) }
    _ = try writer.finish()
  }

  private var tensors: [(name: String, shape: [Int], values: [Float])] {
    let share = facts.options.trainedShare
    var result = parameters.trainable.flatMap {
      [($0.name, $0.shape, $0.blended(share)), ("velocity.\($0.name)", $0.shape, $0.velocity)]
    }
    for parameter in parameters.trainable {
      guard let start = parameter.start else { continue }
      result.append(("trained.\(parameter.name)", parameter.shape, parameter.values))
      result.append(("start.\(parameter.name)", parameter.shape, start))
    }
    if let moments {
      for parameter in parameters.trainable + [moments.shared] {
        result.append(("second.\(parameter.name)", parameter.shape, moments.second(parameter).values))
      }
      result.append((moments.shared.name, moments.shared.shape, moments.shared.values))
      result.append(("velocity.\(moments.shared.name)", moments.shared.shape, moments.shared.velocity))
      result.append((Self.rowSteps, [moments.rowSteps.count], moments.rowSteps))
    }
    for (index, branch) in parameters.branches.enumerated() {
      result.append(("branch.\(index).bn.running_mean", [branch.channels], branch.runningMean))
      result.append(("branch.\(index).bn.running_var", [branch.channels], branch.runningVariance))
    }
    for (index, means) in featureMeans.enumerated() { result.append(("features.\(index).mean", [means.count], means)) }
    return result
  }

  /// - Parameter model: whose head it is.
  init(path: String, _ model: Model) throws(TrainingError) {
    let file: Safetensors
    do { file = try Safetensors(path: path) } catch { throw .checkpoint(error) }
    guard let text = file.metadata[SafetensorsContents.checkpointKey] else {
      throw .badCheckpoint("it lacks the facts of a training")
    }
    do { facts = try JSONDecoder().decode(Facts.self, from: Data(text.utf8)) } catch {
      throw .badCheckpoint("its facts are malformed")
    }
    let channels = facts.options.head.channels(of: model)
    let classes = model.description.classes
    func read(_ name: String, _ shape: [Int]) throws(TrainingError) -> [Float] {
      guard let entry = file.entries[name] else { throw .badCheckpoint("it lacks the tensor \(name)") }
      guard entry.shape == shape else { throw .wrongShape(tensor: name, expected: shape, found: entry.shape) }
      do { return try file.floats(name) } catch { throw .checkpoint(error) }
    }
    parameters = try HeadParameters(facts.options.head, channels: channels, classes: classes, read)
    for parameter in parameters.trainable {
      parameter.velocity = try read("velocity.\(parameter.name)", parameter.shape)
      if facts.options.trainedShare < 1 {
        parameter.values = try read("trained.\(parameter.name)", parameter.shape)
        parameter.start = try read("start.\(parameter.name)", parameter.shape)
      }
    }
    if facts.options.optimizer == .adam {
      let adam = AdamMoments(parameters)
      for parameter in parameters.trainable + [adam.shared] {
        adam.second(parameter).values = try read("second.\(parameter.name)", parameter.shape)
      }
      adam.shared.values = try read(adam.shared.name, adam.shared.shape)
      adam.shared.velocity = try read("velocity.\(adam.shared.name)", adam.shared.shape)
      adam.rowSteps = try read(Self.rowSteps, [classes])
      adam.steps = facts.step
      moments = adam
    } else {
      moments = nil
    }
    featureMeans = []
    for (index, count) in channels.enumerated() { featureMeans.append(try read("features.\(index).mean", [count])) }
  }

  init(facts: Facts, parameters: HeadParameters, moments: AdamMoments?, featureMeans: [[Float]]) {
    (self.facts, self.parameters, self.moments, self.featureMeans) = (facts, parameters, moments, featureMeans)
  }
}

extension Safetensors {
  /// Whether the file says that it is a training's checkpoint.
  public var isCheckpoint: Bool { metadata[SafetensorsContents.checkpointKey] != nil }
}
