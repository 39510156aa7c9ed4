namespace KrakenDb.Simulator;

/// <summary>One price of a reply of Depth. Price and volume are scaled by 10^10.</summary>
/// <param name="Price">In the quote currency.</param>
/// <param name="Volume">In base units.</param>
/// <param name="UnixSeconds">When it changed last.</param>
internal readonly record struct DepthLevel(Int128 Price, Int128 Volume, long UnixSeconds);
