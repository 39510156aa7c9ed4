namespace KrakenDb;

/// <summary>What a live feed is asked for.</summary>
internal sealed record LiveSubscription
{
    /// <summary>As stored: <c>BTC/USD</c>.</summary>
    public required IReadOnlyList<string> Symbols { get; init; }

    /// <summary>Whether executed trades are wanted.</summary>
    public bool Trades { get; init; } = true;

    /// <summary>Intervals of the exchange's own candles; usually none, because candles are built from trades.</summary>
    public IReadOnlyList<Interval> CandleIntervals { get; init; } = [];

    /// <summary>Best bid and ask, as a cross-check that the market lives.</summary>
    public bool Ticker { get; init; }

    /// <summary>Levels per side: 10, 25, 100, 500 or 1000; null for no order book.</summary>
    public int? BookDepth { get; init; }

    /// <summary>Every change of the list of markets.</summary>
    public bool Instruments { get; init; }
}
