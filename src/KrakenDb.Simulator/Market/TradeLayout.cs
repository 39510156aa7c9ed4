namespace KrakenDb.Simulator;

/// <summary>The three layouts in which Kraken has published time and sales.</summary>
internal enum TradeLayout
{
    /// <summary>The complete history: no header, <c>1381095255,122.0,0.1</c>. Its text of whole volumes is assumed to be that of OHLCVT.</summary>
    WholeSeconds,

    /// <summary>Quarters of 2023: no header, <c>1672531436,90.540000,1.10448420</c>.</summary>
    FixedDecimals,

    /// <summary>Since 2026: a header of six names over rows of seven fields, with microseconds, side, order type and trade id.</summary>
    WithIds,
}
