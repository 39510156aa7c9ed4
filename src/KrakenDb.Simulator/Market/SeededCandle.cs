namespace KrakenDb.Simulator;

/// <summary>
/// One candle of the seeded market. Prices and volume are scaled by 10^10 (<see cref="Scale.One"/>);
/// the trades it stands for carry the ids from <paramref name="FirstTradeId"/> on, without a hole.
/// </summary>
/// <param name="UnixSeconds">Open time.</param>
/// <param name="Open">Price of the first trade, scaled.</param>
/// <param name="High">Highest price, scaled.</param>
/// <param name="Low">Lowest price, scaled.</param>
/// <param name="Close">Price of the last trade, scaled.</param>
/// <param name="Volume">Sum of the trades' volumes in base units, scaled.</param>
/// <param name="Trades">Number of trades, at least 1.</param>
/// <param name="FirstTradeId">Id of the first trade.</param>
internal readonly record struct SeededCandle(
    long UnixSeconds, long Open, long High, long Low, long Close, Int128 Volume, int Trades, long FirstTradeId);
