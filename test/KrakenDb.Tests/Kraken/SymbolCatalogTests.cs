using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class SymbolCatalogTests
{
    [Theory]
    [InlineData("BTC/USD", "BTC/USD")]
    [InlineData("btc/usd", "BTC/USD")]
    [InlineData("XBT/USD", "BTC/USD")]
    [InlineData("XBTUSD", "BTC/USD")]
    [InlineData("xbtusd", "BTC/USD")]
    [InlineData("BTCUSD", "BTC/USD")]
    [InlineData("XXBTZUSD", "BTC/USD")]
    [InlineData(" BTC/USD ", "BTC/USD")]
    [InlineData("XETHXXBT", "ETH/BTC")]
    [InlineData("ETHXBT", "ETH/BTC")]
    [InlineData("USDTZUSD", "USDT/USD")]
    [InlineData("XXDGXXBT", "DOGE/BTC")]
    [InlineData("XDGUSD", "DOGE/USD")]
    [InlineData("DOGEUSD", "DOGE/USD")]
    [InlineData("XDG/XBT", "DOGE/BTC")]
    [InlineData("ZEURZUSD", "EUR/USD")]
    [InlineData("WBTC/XBT", "WBTC/BTC")]
    [InlineData("WBTCUSD", "WBTC/USD")]
    [InlineData("TBTCXBT", "TBTC/BTC")]
    [InlineData("ETH2.S/ETH", "ETH2.S/ETH")]
    public void Every_spelling_of_a_market_is_accepted(string name, string symbol) => SymbolCatalog.BuiltIn.Resolve(name).ShouldBe(symbol);

    [Fact]
    public void Every_market_of_the_catalog_is_found_by_its_symbol_and_its_altname()
    {
        var catalog = SymbolCatalog.BuiltIn;

        catalog.Instruments.Count.ShouldBeGreaterThan(700);
        foreach (var instrument in catalog.Instruments)
        {
            catalog.Resolve(instrument.Symbol).ShouldBe(instrument.Symbol);
            catalog.Resolve(instrument.Altname).ShouldBe(instrument.Symbol);
            catalog.Altname(instrument.Symbol).ShouldBe(instrument.Altname);
        }
    }

    [Fact]
    public void The_documents_tables_are_part_of_the_catalog()
    {
        SymbolCatalog.DefaultSymbols.ShouldBe(["XRP/USDT", "BTC/USDT", "XRP/BTC"]);
        SymbolCatalog.PairMap.Count.ShouldBe(10);
        foreach (var (symbol, pair) in SymbolCatalog.PairMap)
        {
            SymbolCatalog.BuiltIn.Resolve(pair).ShouldBe(symbol);
            SymbolCatalog.BuiltIn.Altname(symbol).ShouldBe(pair);
            SymbolCatalog.ReversePairMap[pair].ShouldBe(symbol);
        }

        foreach (var (name, symbol) in SymbolCatalog.CsvSymbolMap)
        {
            SymbolCatalog.BuiltIn.Resolve(name).ShouldBe(symbol);
        }
    }

    [Theory]
    [InlineData("XBTUDS", "BTC/USD")]
    [InlineData("BTC/USDD", "BTC/USD")]
    [InlineData("ETHUSDX", "ETH/USD")]
    public void An_unknown_name_is_refused_with_names_that_look_alike(string name, string near)
    {
        var exception = Should.Throw<UnknownSymbolException>(() => SymbolCatalog.BuiltIn.Resolve(name));

        exception.Symbol.ShouldBe(name);
        exception.NearMatches.ShouldContain(near);
        exception.Message.ShouldContain(near);
    }

    [Theory]
    [InlineData("FOO/USD")]
    [InlineData("FOOUSD")]
    [InlineData("")]
    [InlineData("/")]
    public void An_unlisted_name_is_not_guessed(string name) => SymbolCatalog.BuiltIn.TryResolve(name, out _).ShouldBeFalse();

    [Fact]
    public void An_added_market_is_found_by_all_its_spellings()
    {
        var catalog = SymbolCatalog.BuiltIn.Add(new Instrument { Symbol = "FOO/BTC", Altname = "FOOXBT" });

        catalog.Resolve("foo/xbt").ShouldBe("FOO/BTC");
        catalog.Resolve("FOOXXBT").ShouldBe("FOO/BTC");
        catalog.Resolve("FOOBTC").ShouldBe("FOO/BTC");
        SymbolCatalog.BuiltIn.TryResolve("FOO/BTC", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("FOOUSD", "FOOUSD")]
    [InlineData("FOO/USD/EUR", "FOOUSD")]
    [InlineData("foo/USD", "FOOUSD")]
    [InlineData("FOO/", "FOO")]
    [InlineData("ABCDEFGHIJKLMNOPQ/USD", "X")]
    [InlineData("FOO/USD", "FOO/USD")]
    public void A_malformed_market_cannot_be_added(string symbol, string altname) =>
        Should.Throw<ArgumentException>(() => SymbolCatalog.BuiltIn.Add(new Instrument { Symbol = symbol, Altname = altname }));

    [Fact]
    public void A_spelling_that_two_markets_would_share_is_not_accepted()
    {
        var catalog = SymbolCatalog.BuiltIn.With([new Instrument { Symbol = "MON/AUSD", Altname = "MONAUSD" }, new Instrument { Symbol = "MONA/USD", Altname = "MONAUSD" }]);

        catalog.TryResolve("MONAUSD", out _).ShouldBeFalse();
        catalog.Resolve("MON/AUSD").ShouldBe("MON/AUSD");
        catalog.Resolve("MONA/USD").ShouldBe("MONA/USD");
    }

    [Fact]
    public void A_given_altname_takes_precedence_over_a_generated_one()
    {
        var catalog = SymbolCatalog.BuiltIn.With([new Instrument { Symbol = "MON/AUSD", Altname = "MONAUSD" }, new Instrument { Symbol = "MONA/USD", Altname = "MONA2USD" }]);

        catalog.Resolve("MONA2USD").ShouldBe("MONA/USD");
    }
}
