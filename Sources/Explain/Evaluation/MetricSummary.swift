extension MapMetric {
  /// Its name in tables.
  public var title: String {
    switch self {
    case .ad: "AD"
    case .ic: "IC"
    case .road: "MoRF, LeRF"
    case .insertion, .deletion, .pointing, .energy, .trust: rawValue
    }
  }

  /// What it is, in a sentence.
  public var summary: String {
    switch self {
    case .ad:
      "Average drop: how much of the probability is lost, in percent, when the image is multiplied by the map, of which 100, "
        + "50 or 15 % of the pixels are kept."
    case .ic: "Increase in confidence: the percentage of images whose probability grows then."
    case .road:
      "ROAD: the percentage of predictions that survive the removal of 10 to 90 % of the pixels, the most (MoRF) or the least "
        + "relevant first (LeRF), which are imputed from their neighbours; the mean over the shares."
    case .insertion: "The area under the probability while pixels appear in a blurred image, the most salient first."
    case .deletion: "The area under the probability while pixels become the mean colour, the most salient first."
    case .pointing: "Pointing game: the percentage of images whose hottest pixel lies in the box around the object."
    case .energy: "The percentage of the saliency that lies in the box around the object."
    case .trust: "What one more look through the hotter half of the map leaves of the confidence, 0 to 1."
    }
  }
}
