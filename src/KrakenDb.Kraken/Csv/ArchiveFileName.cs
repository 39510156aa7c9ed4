using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>The names in Kraken's archives: <c>XBTUSD_1.csv</c> for candles of one minute, <c>XBTUSD.csv</c> for time and sales.</summary>
/// <param name="Pair">Kraken's altname of the market.</param>
/// <param name="Minutes">The interval in minutes; null for time and sales.</param>
internal sealed record ArchiveFileName(string Pair, int? Minutes)
{
    public const string RejectedEnding = ".rejected.csv";

    /// <summary>The intervals, in minutes, of which Kraken publishes candles.</summary>
    public static IReadOnlyList<int> Intervals { get; } = [1, 5, 15, 30, 60, 240, 720, 1440];

    /// <summary>A CSV file that is no list of rejected rows.</summary>
    public static bool IsCsv(string name) =>
        name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) && !name.EndsWith(RejectedEnding, StringComparison.OrdinalIgnoreCase);

    public static bool IsZip(string name) => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the name is not of this form.</summary>
    public static ArchiveFileName? Parse(string baseName)
    {
        if (!IsCsv(baseName))
        {
            return null;
        }

        var stem = baseName.AsSpan(0, baseName.Length - ".csv".Length);
        var mark = stem.LastIndexOf('_');
        if (mark < 0)
        {
            return IsPair(stem) ? new ArchiveFileName(stem.ToString(), Minutes: null) : null;
        }

        return IsPair(stem[..mark]) && int.TryParse(stem[(mark + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            ? new ArchiveFileName(stem[..mark].ToString(), minutes)
            : null;
    }

    private static bool IsPair(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '.')
            {
                return false;
            }
        }

        return !text.IsEmpty;
    }
}
