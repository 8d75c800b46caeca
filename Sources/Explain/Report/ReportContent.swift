/// What the page about an evaluation says and shows, ready to be drawn by `html`.
public struct ReportContent: Sendable {
  /// What the page is about, in a line.
  public var title: String
  /// What was run, on what, when: names and values.
  public var facts: [(name: String, value: String)] = []
  /// Methods by metrics.
  public var metrics = ReportTable(rows: [])
  /// The other methods minus the first, with intervals; nil where there is nothing to compare.
  public var differences: DifferenceTable?
  /// What a reader of the table would get wrong without being told.
  public var warnings: [String] = []
  /// Definitions of the metrics: names and explanations.
  public var glossary: [(name: String, value: String)] = []
  /// Metrics along a parameter, a curve for each method.
  public var curves: [CurveChart] = []
  /// The curves in figures.
  public var curveTable: ReportTable?
  /// Quality against cost, a point for each method.
  public var costs: [CostChart] = []
  /// Some photographs, and the worst maps.
  public var pictures: ReportPictures

  public init(title: String, pictures: ReportPictures) { (self.title, self.pictures) = (title, pictures) }
}

/// Figures of methods, column by column.
public struct ReportTable: Sendable {
  public struct Column: Sendable {
    public var title: String
    /// Nil where no value is better than another, as for costs.
    public var better: BetterDirection?
    /// Whether a monotone curve on the maps can change it.
    public var isMovedByCurve: Bool
    /// One for each row; nil where there is none.
    public var values: [Double?]
    /// How a value is written.
    public var format: @Sendable (Double) -> String

    public init(
      _ title: String, _ better: BetterDirection?, isMovedByCurve: Bool = false, _ values: [Double?],
      format: @escaping @Sendable (Double) -> String = { "\($0)" }
    ) {
      (self.title, self.better, self.isMovedByCurve) = (title, better, isMovedByCurve)
      (self.values, self.format) = (values, format)
    }

    /// The best of several values; nil where there are not two that differ.
    var best: Double? {
      let known = values.compactMap { $0 }
      guard let better, let least = known.min(), let most = known.max(), least < most else { return nil }
      return better == .higher ? most : least
    }
  }

  /// Names of the rows.
  public var rows: [String]
  public var columns: [Column] = []

  public init(rows: [String]) { self.rows = rows }
}

/// Differences of methods from a first one, a row for each metric.
public struct DifferenceTable: Sendable {
  public struct Row: Sendable {
    public var title: String
    public var better: BetterDirection
    /// Whether a monotone curve on the maps can change it.
    public var isMovedByCurve: Bool
    /// One for each method: the difference and its interval in words, and whether that leaves out zero; nil where there is none.
    public var cells: [(text: String, isCertain: Bool)?]

    public init(
      _ title: String, _ better: BetterDirection, isMovedByCurve: Bool, _ cells: [(text: String, isCertain: Bool)?]
    ) {
      (self.title, self.better, self.isMovedByCurve, self.cells) = (title, better, isMovedByCurve, cells)
    }
  }

  /// The method that the others are compared with, and those.
  public var reference: String
  public var methods: [String]
  public var rows: [Row] = []

  public init(reference: String, methods: [String]) { (self.reference, self.methods) = (reference, methods) }
}

/// Lines over a common axis.
public struct CurveChart: Sendable {
  public struct Curve: Sendable {
    public var name: String
    public var points: [(x: Double, y: Double)]

    public init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
  }

  public var title: String
  public var better: BetterDirection
  public var x, y: String
  public var curves: [Curve]

  public init(title: String, better: BetterDirection, x: String, y: String, curves: [Curve]) {
    (self.title, self.better, self.x, self.y, self.curves) = (title, better, x, y, curves)
  }
}

/// What methods cost, and what for.
public struct CostChart: Sendable {
  public struct Point: Sendable {
    public var name: String
    /// For one map; above zero.
    public var milliseconds: Double
    public var quality: Double

    public init(_ name: String, milliseconds: Double, quality: Double) {
      (self.name, self.milliseconds, self.quality) = (name, milliseconds, quality)
    }
  }

  public var title: String
  public var better: BetterDirection
  /// What quality is measured in.
  public var y: String
  public var points: [Point]

  public init(title: String, better: BetterDirection, y: String, points: [Point]) {
    (self.title, self.better, self.y, self.points) = (title, better, y, points)
  }
}
