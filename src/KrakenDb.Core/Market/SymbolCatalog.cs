using System.Diagnostics.CodeAnalysis;

namespace KrakenDb;

/// <summary>
/// The markets that Kraken has listed, and the names each goes by. Immutable: <see cref="With"/> and <see cref="Add"/> give a larger catalog.
/// </summary>
/// <remarks>
/// A market's symbol is Kraken's WebSocket v2 spelling (<c>BTC/USD</c>). Accepted beside it, in any letter case: wsname (<c>XBT/USD</c>), altname and
/// CSV name (<c>XBTUSD</c>), its modern form (<c>BTCUSD</c>) and the REST key (<c>XXBTZUSD</c>). A name is looked up, never cut by length
/// (<c>MONAUSD</c>, <c>XRPRLUSD</c>), and a spelling that two markets would share is not accepted at all.
/// </remarks>
public sealed class SymbolCatalog
{
    private const int NearMatchesMax = 5;
    private const int NameLengthMax = 40;

    private static readonly Lazy<SymbolCatalog> LazyBuiltIn = new(() => new SymbolCatalog(ReadBuiltIn()));

    private readonly Instrument[] _instruments;
    private readonly Dictionary<string, Instrument> _bySymbol;

    // Names with a slash, which nearly all are, do not need it.
    private readonly Lazy<Dictionary<string, string>> _joinedNames;

    private SymbolCatalog(IReadOnlyCollection<Instrument> instruments)
    {
        _bySymbol = new Dictionary<string, Instrument>(instruments.Count, StringComparer.Ordinal);
        foreach (var instrument in instruments)
        {
            _bySymbol[instrument.Symbol] = instrument;
        }

        _instruments = [.. _bySymbol.Values];
        Array.Sort(_instruments, (left, right) => string.CompareOrdinal(left.Symbol, right.Symbol));
        _joinedNames = new(() => SymbolSpellings.IndexJoined(_instruments));
    }

    /// <summary>The catalog that comes with the program: the documents' tables and the pairs that Kraken has listed.</summary>
    public static SymbolCatalog BuiltIn => LazyBuiltIn.Value;

    /// <summary>What is collected and watched when no symbols are named.</summary>
    public static IReadOnlyList<string> DefaultSymbols { get; } = ["XRP/USDT", "BTC/USDT", "XRP/BTC"];

    /// <summary>The documents' table from symbols to the names that Kraken's REST API is asked with.</summary>
    public static IReadOnlyDictionary<string, string> PairMap => DocumentTables.PairMap;

    /// <summary><see cref="PairMap"/> from Kraken's names to symbols.</summary>
    public static IReadOnlyDictionary<string, string> ReversePairMap => DocumentTables.ReversePairMap;

    /// <summary>The documents' table from names of CSV files to symbols. Every one of them resolves, as do the names of all other markets.</summary>
    public static IReadOnlyDictionary<string, string> CsvSymbolMap => DocumentTables.CsvSymbolMap;

    /// <summary>Every market, ordinal order of the symbol.</summary>
    public IReadOnlyList<Instrument> Instruments => _instruments;

    /// <summary>The symbol of a market, whichever of its names is given.</summary>
    /// <exception cref="UnknownSymbolException">No market goes by that name, or more than one would.</exception>
    public string Resolve(string name) => TryResolve(name, out var symbol) ? symbol : throw Unknown(name);

    /// <inheritdoc cref="Resolve"/>
    /// <returns>False where <see cref="Resolve"/> throws.</returns>
    public bool TryResolve([NotNullWhen(true)] string? name, [NotNullWhen(true)] out string? symbol)
    {
        symbol = null;
        var asked = name?.Trim() ?? "";
        if (!asked.Contains('/', StringComparison.Ordinal))
        {
            return asked.Length > 0 && _joinedNames.Value.TryGetValue(asked, out symbol);
        }

        var exact = asked.ToUpperInvariant();
        symbol = _bySymbol.ContainsKey(exact) ? exact : SymbolSpellings.WithNewCodes(exact);
        symbol = _bySymbol.ContainsKey(symbol) ? symbol : null;
        return symbol is not null;
    }

    /// <summary>Kraken's altname of a market, which is also the name of its CSV files: <c>XBTUSD</c> for <c>BTC/USD</c>.</summary>
    /// <param name="name">Any name of the market.</param>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    public string Altname(string name) => _bySymbol[Resolve(name)].Altname;

    /// <summary>Symbols that look like <paramref name="name"/>, best first, at most 5; may be empty.</summary>
    public IReadOnlyList<string> NearMatches(string name)
    {
        var asked = name.Trim().ToUpperInvariant();
        if (asked.Length > NameLengthMax)
        {
            return [];
        }

        var limit = Math.Clamp(asked.Length / 3, 1, 3);
        return
        [
            .. _instruments
                .Select(instrument => (instrument.Symbol, Distance: Math.Min(
                    EditDistance.Between(asked, instrument.Symbol),
                    Math.Min(EditDistance.Between(asked, instrument.Altname), EditDistance.Between(asked, SymbolSpellings.Joined(instrument.Symbol))))))
                .Where(candidate => candidate.Distance <= limit)
                .OrderBy(candidate => candidate.Distance)
                .ThenBy(candidate => candidate.Symbol, StringComparer.Ordinal)
                .Take(NearMatchesMax)
                .Select(candidate => candidate.Symbol),
        ];
    }

    /// <summary>This catalog with more markets; one that is there already gets the new altname. A given altname takes precedence over the spellings that follow from other symbols.</summary>
    /// <exception cref="ArgumentException">A symbol is not two asset codes (A-Z, 0-9, dot; 1 to 16 characters) with a slash between, or an altname is not made of those.</exception>
    public SymbolCatalog With(IEnumerable<Instrument> instruments)
    {
        var added = instruments.ToList();
        return added.Count == 0 ? this : new SymbolCatalog([.. _instruments, .. added.Select(Valid)]);
    }

    /// <summary>This catalog with one more market: the way to use a pair that Kraken listed after this version was made.</summary>
    /// <exception cref="ArgumentException">See <see cref="With"/>.</exception>
    public SymbolCatalog Add(Instrument instrument) => With([instrument]);

    private static Instrument Valid(Instrument instrument)
    {
        if (!SymbolSpellings.IsSymbol(instrument.Symbol))
        {
            throw new ArgumentException($"'{instrument.Symbol}' is not a symbol: give two asset codes (A-Z, 0-9, dot; at most 16 characters each) with a slash between, such as BTC/USD.", nameof(instrument));
        }

        if (!SymbolSpellings.IsAltname(instrument.Altname))
        {
            throw new ArgumentException($"'{instrument.Altname}' is not an altname: give letters A-Z, digits and dots without a slash, at most 32, such as XBTUSD.", nameof(instrument));
        }

        return instrument;
    }

    private static List<Instrument> ReadBuiltIn()
    {
        using var stream = typeof(SymbolCatalog).Assembly.GetManifestResourceStream("KrakenDb.SymbolCatalog.txt")
            ?? throw new InvalidOperationException("The list of markets is missing from KrakenDb.Core.");
        using var reader = new StreamReader(stream);
        var instruments = new List<Instrument>(1024);
        while (reader.ReadLine() is { } symbol)
        {
            instruments.Add(new Instrument { Symbol = symbol, Altname = SymbolSpellings.AltnameOf(symbol) });
        }

        return instruments;
    }

    private UnknownSymbolException Unknown(string name)
    {
        var near = NearMatches(name);
        var next = near.Count > 0 ? $"Did you mean {string.Join(", ", near)}?" : "Give a name such as BTC/USD, XBT/USD, XBTUSD or XXBTZUSD.";
        return new UnknownSymbolException($"'{name}' is no market that is known here. {next}", name, near);
    }

    // Apart, because nearly no run of the program asks for them.
    private static class DocumentTables
    {
        public static IReadOnlyDictionary<string, string> PairMap { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["XRP/USDT"] = "XRPUSDT",
            ["BTC/USDT"] = "XBTUSDT",
            ["XRP/BTC"] = "XRPXBT",
            ["ETH/USDT"] = "ETHUSDT",
            ["SOL/USDT"] = "SOLUSDT",
            ["ETH/BTC"] = "ETHXBT",
            ["LTC/USDT"] = "LTCUSDT",
            ["DOT/USDT"] = "DOTUSDT",
            ["ADA/USDT"] = "ADAUSDT",
            ["LINK/USDT"] = "LINKUSDT",
        }.AsReadOnly();

        public static IReadOnlyDictionary<string, string> ReversePairMap { get; } =
            PairMap.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal).AsReadOnly();

        public static IReadOnlyDictionary<string, string> CsvSymbolMap { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["XRPUSDT"] = "XRP/USDT",
            ["XBTUSDT"] = "BTC/USDT",
            ["BTCUSDT"] = "BTC/USDT",
            ["XRPXBT"] = "XRP/BTC",
            ["XRPBTC"] = "XRP/BTC",
            ["ETHUSDT"] = "ETH/USDT",
        }.AsReadOnly();
    }
}
