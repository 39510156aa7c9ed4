namespace KrakenDb;

/// <summary>The running candle of Kraken's <c>ohlc</c> channel, as the documents' dictionary.</summary>
public sealed record OhlcData
{
    /// <summary>The open time, Kraken's <c>interval_begin</c>. Kraken's own <c>timestamp</c> is the end of the interval.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    public required decimal Open { get; init; }

    public required decimal High { get; init; }

    public required decimal Low { get; init; }

    public required decimal Close { get; init; }

    /// <summary>In the base currency.</summary>
    public required decimal Volume { get; init; }

    public long Trades { get; init; }

    /// <summary>Null where unknown or nothing was traded.</summary>
    public decimal? Vwap { get; init; }
}
