/// The methods by the names that users and tables call them.
public enum MethodName: String, Sendable, CaseIterable {
  case ttame
  case lcam
  case cam
  case gradCAM = "gradcam"
  case gradCAMPlusPlus = "gradcam++"
  case layerCAM = "layercam"
  case scoreCAM = "scorecam"
  case ablationCAM = "ablationcam"
  case reciproCAM = "reciprocam"
  case rise
  case integratedGradients = "integrated-gradients"
  case smoothGrad = "smoothgrad"
  case attentionRollout = "attention-rollout"
  case gradientAttention = "gradient-attention"
  case leGrad = "legrad"
  case logitAttribution = "logit-attribution"
  case random
  case centre

  /// The method of a model's own head; without one, what explains the network in one pass as it is, if anything does.
  public static func usual(_ model: Model) -> MethodName {
    switch model.description.head?.kind {
    case .lcam: .lcam
    case nil where ClassTokenPath(model) != nil: .logitAttribution
    default: .ttame
    }
  }

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .ttame: "the model's own attention head"
    case .lcam: "the model's own head, if it is a trained L-CAM"
    case .cam: "Class Activation Mapping, for pooling and a linear layer"
    case .gradCAM: "channels weighted by their mean gradient"
    case .gradCAMPlusPlus: "channels weighted by positive gradients"
    case .layerCAM: "each element weighted by its own positive gradient"
    case .scoreCAM: "channels weighted by the score through them; slow"
    case .ablationCAM: "channels weighted by the score lost without them"
    case .reciproCAM: "the score of each place's features alone"
    case .rise: "random masks weighted by the probability they leave; slow"
    case .integratedGradients: "gradients by the pixels on the way from black"
    case .smoothGrad: "gradients by the pixels, averaged over noise"
    case .attentionRollout: "attention of all blocks multiplied; same for all classes"
    case .gradientAttention: "attention times its gradient, in all blocks"
    case .leGrad: "gradient of every block's own prediction by its attention"
    case .logitAttribution: "what each patch adds to the logit through the attentions"
    case .random: "noise: a baseline that every method must beat"
    case .centre: "a spot in the centre, where most objects are"
    }
  }

  /// Makes the method for a session.
  ///
  /// - Throws: `MethodError.unsupported` if the model lacks what the method reads.
  public func makeMethod(_ session: Session, _ options: MethodOptions) throws(MethodError) -> any ExplanationMethod {
    switch self {
    case .ttame, .lcam: return try AttentionMechanism(session, self, options)
    case .cam: return try CAM(session)
    case .gradCAM: return try GradCAM(session)
    case .gradCAMPlusPlus: return try GradCAMPlusPlus(session)
    case .layerCAM: return try LayerCAM(session)
    case .scoreCAM: return try ScoreCAM(session, options)
    case .ablationCAM: return try AblationCAM(session, options)
    case .reciproCAM: return try ReciproCAM(session, options)
    case .rise: return RISE(session, options)
    case .integratedGradients: return try IntegratedGradients(session, options)
    case .smoothGrad: return try SmoothGrad(session, options)
    case .attentionRollout: return try AttentionRollout(session)
    case .gradientAttention: return try GradientAttention(session)
    case .leGrad: return try LeGrad(session)
    case .logitAttribution: return try LogitAttribution(session)
    case .random: return try RandomMap(session, options)
    case .centre: return CentreMap(session)
    }
  }
}
