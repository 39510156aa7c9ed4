using System.Text;

namespace KrakenDb.Simulator;

/// <summary>How the exchange names a market and prints its numbers.</summary>
internal sealed record ListedPair
{
    // Assets from Kraken's first years carry X (coin) or Z (money) before their code; younger ones do not.
    private static readonly HashSet<string> OldCoins =
        ["ETC", "ETH", "ICN", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC"];

    private static readonly HashSet<string> OldMoney = ["AUD", "CAD", "EUR", "GBP", "JPY", "USD"];

    // From real AssetPairs replies: the rule below would give XXDGZUSD and USDTUSD.
    private static readonly Dictionary<string, string> KeysApart = new(StringComparer.Ordinal)
    {
        ["XDGUSD"] = "XDGUSD",
        ["XDGEUR"] = "XDGEUR",
        ["USDTUSD"] = "USDTZUSD",
    };

    private ListedPair(MarketSpec spec, string baseCode, string quoteCode)
    {
        Spec = spec;
        Altname = spec.CsvName;
        WsName = $"{baseCode}/{quoteCode}";
        Base = AssetOf(baseCode);
        Quote = AssetOf(quoteCode);
        var bothOld = Base != baseCode && Quote != quoteCode;
        Key = KeysApart.GetValueOrDefault(Altname) ?? (bothOld ? Base + Quote : Altname);
        SymbolText = Encoding.ASCII.GetBytes(spec.Symbol);
        OrderMin = spec.TypicalVolume / 10;
    }

    public MarketSpec Spec { get; }

    /// <summary>The internal name under which replies carry the pair: <c>XXBTZUSD</c>.</summary>
    public string Key { get; init; }

    /// <summary>The short name: <c>XBTUSD</c>.</summary>
    public string Altname { get; }

    /// <summary>The symbol of the first WebSocket version: <c>XBT/USD</c>.</summary>
    public string WsName { get; }

    /// <summary>The symbol as WebSocket messages have it.</summary>
    public byte[] SymbolText { get; }

    /// <summary>The smallest order, in base units scaled by 10^10.</summary>
    public long OrderMin { get; init; }

    public string Base { get; }

    public string Quote { get; }

    /// <summary>Decimals of OHLC prices, and of the price step.</summary>
    public int PairDecimals => Spec.PriceDecimals;

    /// <summary>Decimals of prices in Trades and Depth, more than <see cref="PairDecimals"/>: 5 for XBTUSDT, 8 for USDCUSD.</summary>
    public int PrintedDecimals => PairDecimals switch { <= 2 => 5, <= 8 => 8, _ => Scale.Decimals };

    /// <summary>Decimals of volumes but in Depth.</summary>
    public int LotDecimals => Math.Max(8, Spec.VolumeDecimals);

    /// <exception cref="ArgumentException">The symbol is not two codes with a slash between.</exception>
    public static ListedPair Of(MarketSpec spec)
    {
        var codes = spec.Symbol.Split('/');
        return codes.Length == 2
            ? new ListedPair(spec, OldCode(codes[0]), OldCode(codes[1]))
            : throw new ArgumentException($"'{spec.Symbol}' is not a symbol such as BTC/USD.", nameof(spec));
    }

    /// <summary>Whether a request may call the pair so.</summary>
    public bool IsCalled(string name) => name == Key || name == Altname || name == WsName || name == Spec.Symbol;

    public static string OldCode(string code) => code switch { "BTC" => "XBT", "DOGE" => "XDG", _ => code };

    private static string AssetOf(string code) =>
        OldCoins.Contains(code) ? $"X{code}" : OldMoney.Contains(code) ? $"Z{code}" : code;
}
