/// RegNetX, and RegNetY that squeezes and excites, in torchvision's names or timm's. Depths, widths and groups are the weights'.
///
/// I. Radosavovic et al., "Designing Network Design Spaces", CVPR 2020.
private struct RegNet {
  /// Whether blocks squeeze and excite.
  var isSqueezed: Bool

  private static let epsilon = 1e-5
  private static let stages = 4

  func recognizes(_ state: StateDict) -> Bool {
    let names = Names(state)
    let block = names.block(1, 1)
    return state.contains(names.norm(names.stem) + ".running_mean") && state.contains("\(names.classifier).weight")
      && state.shape("\(names.weighted(names.grouped(block))).weight").map { $0.count == 4 && $0[2...] == [3, 3] }
        == true
      // RegNetZ has no convolution beside its first blocks.
      && state.contains(names.norm(names.shortcut(block)) + ".running_mean")
      && state.contains("\(names.squeeze(block)).fc1.weight") == isSqueezed
      && state.contains(names.norm(names.grouped(names.block(Self.stages, 1))) + ".running_mean")
  }

  func preprocessing(_ state: StateDict) -> Preprocessing {
    var preprocessing = Preprocessing.torchvision
    if Names(state).isTimm { preprocessing.interpolation = .bicubic }
    return preprocessing
  }

  func build(_ graph: inout GraphBuilder) throws(ImportError) -> String {
    let names = Names(graph.state)
    var x = try convolution(names.stem, graph.input, names, kernel: 3, stride: 2, &graph)
    x = try graph.activation("\(names.stem).relu", x, .relu)
    for stage in 1...Self.stages {
      var index = 1
      repeat {
        x = try block(names.block(stage, index), x, names, stride: index == 1 ? 2 : 1, &graph)
        index += 1
      } while graph.state.contains("\(names.weighted(names.grouped(names.block(stage, index)))).weight")
      if stage > 1 { graph.feature(names.stage(stage), node: x) }
    }
    x = try graph.globalAveragePool("avgpool", x)
    return try graph.linear(names.classifier, x, outputs: graph.outputs(of: "\(names.classifier).weight"))
  }

  private func block(
    _ name: String, _ input: String, _ names: Names, stride: Int, _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    var x = try convolution(names.first(name), input, names, &graph)
    x = try graph.activation("\(names.first(name)).relu", x, .relu)
    x = try convolution(names.grouped(name), x, names, kernel: 3, stride: stride, isGrouped: true, &graph)
    x = try graph.activation("\(names.grouped(name)).relu", x, .relu)
    if isSqueezed {
      x = try graph.squeezeAndExcite(x, names.squeezed(name), function: .relu, factors: .sigmoid)
    }
    x = try convolution(names.last(name), x, names, &graph)
    var skip = input
    if stride > 1 { skip = try convolution(names.shortcut(name), input, names, stride: stride, &graph) }
    x = try graph.add("\(name).add", x, skip)
    return try graph.activation("\(name).relu", x, .relu)
  }

  /// A convolution and its BatchNorm.
  private func convolution(
    _ name: String, _ input: String, _ names: Names, kernel: Int = 1, stride: Int = 1, isGrouped: Bool = false,
    _ graph: inout GraphBuilder
  ) throws(ImportError) -> String {
    let weighted = names.weighted(name)
    var groups = 1
    if isGrouped, let shape = graph.state.shape("\(weighted).weight"), shape.count == 4 {
      groups = graph.shape(input).channels / max(1, shape[1])
    }
    return try graph.convolution(
      weighted, input, outputChannels: graph.outputs(of: "\(weighted).weight"), kernel: kernel, stride: stride,
      padding: .symmetric(kernel / 2), groups: max(1, groups),
      normalization: BatchNorm(name: names.norm(name), epsilon: Self.epsilon))
  }

  /// What the libraries call a network's parts. torchvision's blocks have their stage in their name twice and count from 0, so
  /// that no pattern makes one name of the other.
  private struct Names {
    let isTimm: Bool

    init(_ state: StateDict) { isTimm = state.contains("stem.conv.weight") }

    var stem: String { "stem" }
    var classifier: String { isTimm ? "head.fc" : "fc" }

    func stage(_ stage: Int) -> String { isTimm ? "s\(stage)" : "trunk_output.block\(stage)" }

    /// - Parameter index: from 1.
    func block(_ stage: Int, _ index: Int) -> String {
      isTimm ? "s\(stage).b\(index)" : "\(self.stage(stage)).block\(stage)-\(index - 1)"
    }

    func first(_ block: String) -> String { isTimm ? "\(block).conv1" : "\(block).f.a" }
    func grouped(_ block: String) -> String { isTimm ? "\(block).conv2" : "\(block).f.b" }
    func last(_ block: String) -> String { isTimm ? "\(block).conv3" : "\(block).f.c" }
    func squeeze(_ block: String) -> String { isTimm ? "\(block).se" : "\(block).f.se" }
    func squeezed(_ block: String) -> SqueezeNames {
      let name = squeeze(block)
      return SqueezeNames(
        pool: "\(name).avgpool", product: name, narrow: "\(name).fc1", narrowFunction: "\(name).activation",
        wide: "\(name).fc2", wideFunction: "\(name).scale_activation")
    }

    func shortcut(_ block: String) -> String { isTimm ? "\(block).downsample" : "\(block).proj" }

    /// The convolution of a part, and its BatchNorm.
    func weighted(_ part: String) -> String { isTimm ? "\(part).conv" : "\(part).0" }
    func norm(_ part: String) -> String { isTimm ? "\(part).bn" : "\(part).1" }
  }
}

extension Architecture {
  /// timm's names end in numbers, as in `regnety_004`, which stand for widths here.
  static let regNets = [
    regNet("x", isSqueezed: false, ["400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf"]),
    regNet("y", isSqueezed: true, ["400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf"]),
  ]

  private static func regNet(_ letter: String, isSqueezed: Bool, _ sizes: [String]) -> Architecture {
    let network = RegNet(isSqueezed: isSqueezed)
    return Architecture(
      name: "regnet\(letter)", aliases: sizes.map { "regnet_\(letter)_\($0)" }, modelName: "regnet\(letter)",
      preprocessing: { network.preprocessing($0) }, recognizes: { network.recognizes($0) },
      build: { (graph: inout GraphBuilder) throws(ImportError) in try network.build(&graph) })
  }
}
