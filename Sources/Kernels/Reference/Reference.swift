/// The scalar specification of every kernel: what the faster tiers are tested against, and the tier of last resort.
///
/// Int8 levels and Int32 sums are equal to every tier's bit for bit; Float sums differ by rounding only.
enum Reference {}
