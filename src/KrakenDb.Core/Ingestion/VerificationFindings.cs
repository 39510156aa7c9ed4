using System.Globalization;

namespace KrakenDb;

/// <summary>Findings, with so many of a kind that a person still reads them.</summary>
internal sealed class VerificationFindings
{
    public const string TradeIds = "trade_ids";
    public const string Candles = "candles";
    public const string Rollups = "rollups";
    public const string Coverage = "coverage";
    public const string Ohlc = "ohlc";

    private const int MostOfAKind = 20;

    private readonly List<VerificationFinding> _list = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public IReadOnlyList<VerificationFinding> List => _list;

    public static string Text(TradeIdRange ids) => string.Create(CultureInfo.InvariantCulture, $"{ids.First} to {ids.Last}");

    public void Add(string check, DateTimeOffset time, string message)
    {
        var count = _counts[check] = _counts.GetValueOrDefault(check) + 1;
        if (count <= MostOfAKind || check == TradeIds)
        {
            _list.Add(new VerificationFinding(check, time, message));
        }
    }
}
