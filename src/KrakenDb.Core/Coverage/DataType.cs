using System.Globalization;

namespace KrakenDb;

/// <summary>The documents' names of the kinds of data: <c>trades</c>, <c>candles_1m</c>, <c>candles_60m</c>, …</summary>
public static class DataType
{
    public const string Trades = "trades";

    /// <summary>All order books together, whatever their depth: what a retention policy names.</summary>
    internal const string Books = "books";

    /// <summary><c>candles_60m</c> for one hour: always in minutes.</summary>
    public static string Candles(Interval interval) => string.Create(CultureInfo.InvariantCulture, $"candles_{interval.Minutes}m");

    /// <summary><c>book_10</c>: an order book of that many prices a side. Its coverage is in received time.</summary>
    public static string Book(int depth) => string.Create(CultureInfo.InvariantCulture, $"book_{depth}");

    internal static bool IsBook(string dataType) => dataType.StartsWith("book_", StringComparison.Ordinal);

    /// <summary>The interval of a candle type; null for any other type.</summary>
    public static Interval? CandleInterval(string dataType) =>
        dataType.StartsWith("candles_", StringComparison.Ordinal) && dataType.EndsWith('m')
        && int.TryParse(dataType.AsSpan(8, dataType.Length - 9), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
        && minutes is >= 1 and <= Interval.MaxMinutes
            ? new Interval(minutes)
            : null;
}
