using System.Buffers;

namespace KrakenDb;

/// <summary>
/// How one market is spelled in Kraken's interfaces. Only XBT/BTC and XDG/DOGE differ between old and new names, per leg and never inside a longer code
/// (WBTC, TBTC exist); REST keys put X or Z before the assets of the first years.
/// </summary>
internal static class SymbolSpellings
{
    private const int AssetCodeMax = 16;

    private static readonly SearchValues<char> CodeCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.");

    /// <summary>The assets whose REST code has a prefix, by their altname. New listings never got one. (AssetPairs 2021 and the pairs of 2013 to 2016 that were gone by then.)</summary>
    private static readonly Dictionary<string, string> RestCodes = new(StringComparer.Ordinal)
    {
        ["ETC"] = "XETC",
        ["ETH"] = "XETH",
        ["ICN"] = "XICN",
        ["LTC"] = "XLTC",
        ["MLN"] = "XMLN",
        ["NMC"] = "XNMC",
        ["REP"] = "XREP",
        ["XBT"] = "XXBT",
        ["XDG"] = "XXDG",
        ["XLM"] = "XXLM",
        ["XMR"] = "XXMR",
        ["XRP"] = "XXRP",
        ["XVN"] = "XXVN",
        ["ZEC"] = "XZEC",
        ["AUD"] = "ZAUD",
        ["CAD"] = "ZCAD",
        ["EUR"] = "ZEUR",
        ["GBP"] = "ZGBP",
        ["JPY"] = "ZJPY",
        ["KRW"] = "ZKRW",
        ["USD"] = "ZUSD",
    };

    /// <summary>From every accepted spelling without a slash to the symbol. Given altnames come before those that follow from the symbol; what two markets of one rank share is dropped.</summary>
    public static Dictionary<string, string> IndexJoined(IReadOnlyCollection<Instrument> instruments)
    {
        var index = new Dictionary<string, string>(instruments.Count * 6, StringComparer.OrdinalIgnoreCase);
        var ambiguous = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var rank = new Dictionary<string, string>(instruments.Count * 5, StringComparer.OrdinalIgnoreCase);
        foreach (var instrument in instruments)
        {
            if (IsAlias(instrument))
            {
                Offer(instrument.Altname, instrument.Symbol);
            }

            if (instrument is { RestKey: { } restKey, WsName: { } wsName })
            {
                Offer(restKey, instrument.Symbol);
                Offer(wsName, instrument.Symbol);
            }
        }

        Take();
        foreach (var instrument in instruments)
        {
            foreach (var spelling in Generated(instrument.Symbol))
            {
                Offer(spelling, instrument.Symbol);
            }
        }

        Take();
        return index;

        void Offer(string spelling, string symbol)
        {
            if (!rank.TryAdd(spelling, symbol) && !string.Equals(rank[spelling], symbol, StringComparison.Ordinal))
            {
                ambiguous.Add(spelling);
            }
        }

        void Take()
        {
            foreach (var (spelling, symbol) in rank)
            {
                if (!ambiguous.Contains(spelling))
                {
                    index.TryAdd(spelling, symbol);
                }
            }

            rank.Clear();
        }
    }

    /// <summary><c>XBTUSD</c> for <c>BTC/USD</c>.</summary>
    public static string AltnameOf(string symbol)
    {
        var (baseCode, quoteCode) = Legs(symbol);
        return OldCode(baseCode) + OldCode(quoteCode);
    }

    /// <summary><c>BTC/USD</c> for <c>XBT/USD</c>.</summary>
    public static string WithNewCodes(string symbol)
    {
        var (baseCode, quoteCode) = Legs(symbol);
        return $"{NewCode(baseCode)}/{NewCode(quoteCode)}";
    }

    /// <summary><c>BTC/USD</c> for <c>XBT/USD</c>; null where that is no symbol.</summary>
    public static string? FromWsName(string wsName)
    {
        var slash = wsName.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && $"{NewCode(wsName[..slash])}/{NewCode(wsName[(slash + 1)..])}" is var symbol && IsSymbol(symbol) ? symbol : null;
    }

    /// <summary><c>BTCUSD</c> for <c>BTC/USD</c>.</summary>
    public static string Joined(string symbol) => symbol.Replace("/", "", StringComparison.Ordinal);

    public static bool IsSymbol(string symbol)
    {
        var slash = symbol.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsCode(symbol.AsSpan(0, slash), AssetCodeMax) && IsCode(symbol.AsSpan(slash + 1), AssetCodeMax);
    }

    public static bool IsAltname(string altname) => IsCode(altname, 2 * AssetCodeMax);

    // An altname that follows from the symbol is generated below, where sharing is noticed; any other was given by somebody who knows.
    private static bool IsAlias(Instrument instrument) => !string.Equals(instrument.Altname, AltnameOf(instrument.Symbol), StringComparison.Ordinal);

    private static IEnumerable<string> Generated(string symbol)
    {
        var (newBase, newQuote) = Legs(symbol);
        var (oldBase, oldQuote) = (OldCode(newBase), OldCode(newQuote));
        yield return oldBase + oldQuote;
        yield return RestCode(oldBase) + RestCode(oldQuote);
        yield return newBase + newQuote;
        if (!ReferenceEquals(oldBase, newBase) || !ReferenceEquals(oldQuote, newQuote))
        {
            yield return oldBase + newQuote;
            yield return newBase + oldQuote;
        }
    }

    private static (string Base, string Quote) Legs(string symbol)
    {
        var slash = symbol.IndexOf('/', StringComparison.Ordinal);
        return (symbol[..slash], symbol[(slash + 1)..]);
    }

    private static string OldCode(string code) => code switch { "BTC" => "XBT", "DOGE" => "XDG", _ => code };

    private static string NewCode(string code) => code switch { "XBT" => "BTC", "XDG" => "DOGE", _ => code };

    private static string RestCode(string oldCode) => RestCodes.GetValueOrDefault(oldCode, oldCode);

    private static bool IsCode(ReadOnlySpan<char> code, int lengthMax) =>
        code.Length >= 1 && code.Length <= lengthMax && !code.ContainsAnyExcept(CodeCharacters);
}
