import ArgumentParser
import Explain

/// How pictures that are not square are fitted.
struct FitOptions: ParsableArguments {
  @Option(
    help:
      "How an image is made square: crop (centre), squash (distorted), squash-crop, letterbox (bars), none (not resized). Default: the model's."
  )
  var fit: Fit?

  /// The model's preprocessing, with the fit that was asked for.
  func preprocessing(_ session: Session) -> Preprocessing {
    var preprocessing = session.model.description.preprocessing
    if let fit { preprocessing.fit = fit }
    return preprocessing
  }
}

/// Says, once a run, that the network does not see all of a picture.
struct CropHint {
  /// What may be hidden without a word: a photograph of 5:4 behind the usual crop, 224 of 256 pixels, hides a little more.
  private static let tolerance = 1.0 / 3
  private var isSaid = false

  /// The line for a picture; nil where there is nothing to say.
  mutating func line(_ picture: PreparedPicture) -> String? {
    guard !isSaid else { return nil }
    let hidden = picture.region.hiddenShare(width: picture.width, height: picture.height)
    guard hidden > Self.tolerance else { return nil }
    isSaid = true
    return
      "ttame-lite: hint: \(picture.origin.description): \(percent(hidden)) of the image lies outside the crop that the network "
      + "sees; --fit letterbox shows it all"
  }
}
