namespace KrakenDb.Simulator;

/// <summary>A row of an OHLC reply. Prices and volume are scaled by 10^10.</summary>
/// <param name="UnixSeconds">Start of the interval.</param>
/// <param name="Open">Of the first trade; in a row without trades all four are the close before it.</param>
/// <param name="High">Highest price.</param>
/// <param name="Low">Lowest price.</param>
/// <param name="Close">Of the last trade.</param>
/// <param name="Vwap">Cut off after the pair's decimals, as Kraken does (273 of 273 real minutes); 0 without trades.</param>
/// <param name="Volume">In base units.</param>
/// <param name="Trades">Number of trades.</param>
internal readonly record struct OhlcRow(
    long UnixSeconds, long Open, long High, long Low, long Close, long Vwap, Int128 Volume, int Trades);
