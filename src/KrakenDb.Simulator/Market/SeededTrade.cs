namespace KrakenDb.Simulator;

/// <summary>One execution of the seeded market.</summary>
/// <param name="Id">Kraken's trade_id: consecutive per market.</param>
/// <param name="UnixNanoseconds">Exchange time; trades of one burst share it.</param>
/// <param name="Price">Scaled by 10^10.</param>
/// <param name="Volume">Base units, scaled by 10^10.</param>
/// <param name="IsBuy">The taker bought.</param>
/// <param name="IsMarket">The taker's order was a market order, else a limit order.</param>
internal readonly record struct SeededTrade(
    long Id, long UnixNanoseconds, long Price, Int128 Volume, bool IsBuy, bool IsMarket)
{
    /// <summary>Kraken's miscellaneous flags; null for none, as seeded trades have.</summary>
    public string? Misc { get; init; }
}
