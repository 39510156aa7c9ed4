namespace KrakenDb;

/// <summary>What to do about candles that the stored data do not cover wholly.</summary>
public enum Holes
{
    /// <summary>Return them, marked <see cref="Candle.Complete"/> = false.</summary>
    Include,

    /// <summary>Leave them out.</summary>
    Skip,

    /// <summary>Throw <see cref="IncompleteDataException"/> before the first candle after the hole is returned.</summary>
    Fail,
}
