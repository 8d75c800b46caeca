/// The scalar specification of every kernel: what the faster tiers are tested against, and the tier of last resort.
///
/// What a kernel demands of its caller is in kernel_preconditions.h: each begins with it, here and in every tier.
///
/// Int8 levels and Int32 sums are equal to every tier's bit for bit; Float sums differ by rounding only.
enum Reference {}
