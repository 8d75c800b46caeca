/// What a head that can be trained is made of.
public enum HeadForm: String, Sendable, CaseIterable, Codable {
  /// T-TAME: a branch for each feature layer, and a fuse layer over all of them.
  case ttame
  /// L-CAM: one 1 x 1 convolution from the last feature layer to a map for each class, which is a fuse layer without branches.
  ///
  /// I. Gkartzonika, N. Gkalelis and V. Mezaris, "Learning Visual Explanations for DCNN-Based Image Classifiers Using an
  /// Attention Mechanism", ECCV Workshops 2022.
  case lcam
}
