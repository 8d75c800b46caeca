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
      "Average drop: the percentage of the probability lost when the image is multiplied by the map, with 100, 50 or "
        + "15 % of its pixels kept."
    case .ic: "Increase in confidence: the percentage of images whose probability rises under the same mask."
    case .road:
      "ROAD: the percentage of predictions that survive when 10 to 90 % of the pixels are imputed from their neighbours, the "
        + "most (MoRF) or least relevant first (LeRF); the mean over the shares."
    case .insertion:
      "The area under the probability while pixels are inserted into a blurred image, the most salient first."
    case .deletion:
      "The area under the probability while pixels are replaced by the mean colour, the most salient first."
    case .pointing: "Pointing game: the percentage of images whose hottest pixel lies in the box around the object."
    case .energy: "The percentage of the saliency that lies in the box around the object."
    case .trust: "How much confidence remains through the hotter half of the map, 0 to 1."
    }
  }
}
