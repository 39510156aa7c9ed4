namespace KrakenDb;

/// <summary>An interval that nothing stored of the symbol divides.</summary>
public sealed class UnknownIntervalException(string message, Interval interval, IReadOnlyList<Interval> stored) : ArgumentException(message)
{
    public Interval Interval { get; } = interval;

    /// <summary>What is stored, ascending: any multiple of one of these can be asked for.</summary>
    public IReadOnlyList<Interval> Stored { get; } = stored;
}
