/// How a model file stores its weights.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// Symmetric per output channel, values in -127...127, with a Float scale each.
  case int8
  /// The reference path: weights as they were trained, BatchNorm folded.
  case float32
}

/// Everything about a model except its tensors; JSON under the key `model` of the file's metadata.
public struct ModelDescription: Codable, Sendable, Equatable {
  /// Such as `efficientnet-lite0`.
  public var name: String
  /// The importer's name of the architecture, such as `tf_efficientnet_lite0`.
  public var architecture: String
  public var precision: Precision
  public var graph: Graph
  /// The layers that the head reads, in its order.
  public var featureLayers: [FeatureLayer]
  public var preprocessing: Preprocessing
  /// One label per class, or none at all.
  public var labels: [String]
  public var classes: Int
  public var head: HeadDescription?
  /// Outputs of the network that was imported where they are not one for each class: 1 for a binary classifier, whose
  /// logit z and sigmoid are stored as the logits -z/2 and z/2 of two classes.
  public var logits: Int?
  /// What makes probabilities of the logits; nil is a softmax, as in files of the time when there was nothing else.
  public var outputs: OutputFunction?
  /// How photographs of none of the classes are told from others; nil in models that were not taught here.
  public var rejection: Rejection?
  public var licence: String
  /// Where the weights come from.
  public var source: String

  public init(
    name: String, architecture: String, precision: Precision, graph: Graph, featureLayers: [FeatureLayer],
    preprocessing: Preprocessing, labels: [String], classes: Int, head: HeadDescription?, licence: String,
    source: String
  ) {
    self.name = name
    self.architecture = architecture
    self.precision = precision
    self.graph = graph
    self.featureLayers = featureLayers
    self.preprocessing = preprocessing
    self.labels = labels
    self.classes = classes
    self.head = head
    self.licence = licence
    self.source = source
  }
}

extension ModelDescription {
  /// Layers whose weights are in Float, though the model is an int8 one.
  public var floatLayers: [String] {
    graph.nodes.filter { ($0.op as? any ConvolutionOperator)?.attributes.precision == .float32 }.map(\.name)
  }
}

/// A layer whose output the head reads.
public struct FeatureLayer: Codable, Sendable, Equatable {
  /// The name that the paper and PyTorch use, such as `layer2`.
  public var name: String
  /// The graph's node that yields it.
  public var node: String

  public init(name: String, node: String) {
    self.name = name
    self.node = node
  }
}

/// The attention head: which nodes it reads, and its fuse layer.
///
/// A class's map is the sum over branches l of `fuse_l[class] . u_l`, resized to a common size, plus `bias[class]`.
public struct HeadDescription: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable {
    /// A trained head.
    case ttame
    /// A trained L-CAM: the fuse layer reads the last feature layer itself, and maps have its resolution.
    case lcam
    /// The warm start: Class Activation Mapping, not yet trained T-TAME.
    case cam
  }

  /// One per feature layer, in their order.
  public struct Branch: Codable, Sendable, Equatable {
    /// Node that yields `u_l = relu(bn(conv1x1(F_l)) + F_l)`, of the feature layer's shape; in L-CAM the feature layer.
    public var node: String
    /// Nil: this branch contributes zero.
    public var fuse: FuseWeights?

    public init(node: String, fuse: FuseWeights?) {
      self.node = node
      self.fuse = fuse
    }
  }

  /// This branch's columns of the fuse layer, a linear layer from the branch's `C` channels to the classes.
  ///
  /// `P` = panels of 16 classes, `G` = groups of the `ReductionLayout` of `C` channels.
  public struct FuseWeights: Codable, Sendable, Equatable {
    /// I8 `[P, G, 16, 4]`, or F32 `[P, 4G, 16]` in float32.
    public var weight: String
    /// F32 `[P, 16]`; absent in float32.
    public var scale: String?
    /// Nil where the weights have the model's precision; set where they are a classifier's of another one.
    public var precision: Precision?

    public init(weight: String, scale: String?, precision: Precision? = nil) {
      self.weight = weight
      self.scale = scale
      self.precision = precision
    }
  }

  public var kind: Kind
  public var branches: [Branch]
  /// F32 `[P, 16]` over classes.
  public var bias: String
  /// How the head was trained, if it was trained here.
  public var training: TrainingRecord?

  public init(kind: Kind, branches: [Branch], bias: String) {
    self.kind = kind
    self.branches = branches
    self.bias = bias
  }
}
