using System.Globalization;

namespace KrakenDb;

/// <summary>
/// How long rows of one data type are kept, of all symbols. Rows go in whole weeks (trades in whole days), so that no bucket of a rollup is ever cut: they stay
/// as long as asked and up to a week longer. Order books go in whole recordings, by their last frame.
/// </summary>
/// <param name="DataType">See <see cref="KrakenDb.DataType"/>; <see cref="KrakenDb.DataType.Books"/> for all order books.</param>
/// <param name="KeepDays">At least 1.</param>
internal sealed record RetentionPolicy(string DataType, int KeepDays)
{
    /// <summary>A hundred years: more is no policy.</summary>
    public const int MaxDays = 36_500;

    private const long MicrosecondsPerDay = 24 * 60 * UnixTime.MicrosecondsPerMinute;

    /// <summary>What the documents suggest, in days; null for ever. Nothing of it applies before it is asked for.</summary>
    public static IReadOnlyList<(string DataType, int? KeepDays)> Suggested { get; } =
    [
        (KrakenDb.DataType.Trades, 90),
        (KrakenDb.DataType.Candles(Interval.Minute), 365),
        .. Interval.Rollups.Select(interval => (KrakenDb.DataType.Candles(interval), interval.Minutes switch { < 60 => 730, <= 240 => 1825, _ => (int?)null })),
    ];

    /// <summary>The time before which nothing is kept, microseconds since 1970.</summary>
    public long Edge(DateTimeOffset now) => Unit(DataType).Floor(UnixTime.Microseconds(now) - (KeepDays * MicrosecondsPerDay));

    /// <summary>Where one step ends that begins with a row of this time: a week on, or a little more where the candles do not divide a week.</summary>
    public long StepEnd(long oldest)
    {
        var unit = Unit(KrakenDb.DataType.CandleInterval(DataType) is null ? KrakenDb.DataType.Candles(Interval.Week) : DataType);
        return unit.Floor(oldest) + (((Interval.Week.Microseconds + unit.Microseconds - 1) / unit.Microseconds) * unit.Microseconds);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{DataType} {KeepDays} days");

    private static Interval Unit(string dataType) => KrakenDb.DataType.CandleInterval(dataType) switch
    {
        null => Interval.Day,
        { } interval when interval.Divides(Interval.Week) => Interval.Week,
        { } interval => interval,
    };
}
