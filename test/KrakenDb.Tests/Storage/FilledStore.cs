using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Tests.Books;

namespace KrakenDb.Tests.Storage;

/// <summary>A store with something in every table, and of everything that is easily lost.</summary>
internal static class FilledStore
{
    public const string Symbol = "BTC/USD";
    public const string Quiet = "ETH/USD";

    // Wider than a piece of a copy, so that there are several.
    public const int Minutes = 300_000;

    /// <summary>Tables without a command that writes them.</summary>
    public static StoreTable Backtests { get; } = StoreTables.All.Single(table => table.Name == "backtest_runs");

    public static async Task FillAsync(IMarketStore store, decimal price = 100)
    {
        await store.AddInstrumentsAsync(
            [new Instrument { Symbol = Symbol, Altname = "XBTUSD", RestKey = "XXBTZUSD", WsName = "XBT/USD", PairDecimals = 1, LotDecimals = 8, TickSize = 0.10m, OrderMin = 0.00005m, CostMin = 5, Status = "online" }, new Instrument { Symbol = "FOO/USD", Altname = "FOOUSD" }],
            default);
        await store.AddInstrumentsAsync([new Instrument { Symbol = "FOO/USD", Altname = "FOOZUSD" }], default);
        await store.WriteIndicatorsAsync(
            [
                new ExternalIndicator { Timestamp = Rows.Start, IndicatorName = "fear_greed", Value = 65, Source = "alternative.me" },
                new ExternalIndicator { Timestamp = Rows.Start.AddDays(1), IndicatorName = "fear_greed", Value = 71.5m, Source = "alternative.me" },
                new ExternalIndicator { Timestamp = Rows.Start, IndicatorName = "btc_dominance", Value = -0.0000000001m, Source = "CoinGecko, of course" },
            ],
            default);

        // Minutes with and without values, a hole, a day that nothing covers, hours beside them.
        var minutes = Enumerable.Range(0, 600).Select(index => Rows.Candle(index * 500, price + index, volume: 0.1m + index, quoteVolume: index % 3 == 0 ? 10 : null, vwap: index % 5 == 0 ? 99.5m : null, source: index is >= 200 and < 260 ? CandleSource.ProvenTrades : index % 2 == 0 ? CandleSource.OhlcvtCsv : CandleSource.RestOhlc));
        await store.WriteAsync(
            Rows.Write(Symbol, 1, minutes, Rows.Covered(0, 100_000), Rows.Covered(100_000, 130_000, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 700), Rows.Covered(150_000, Minutes), Rows.Covered(-10_000, 0, grade: CoverageGrade.Expired)) with { WantedFrom = Rows.Start.AddDays(-3) },
            default);
        await store.WriteAsync(Rows.Write(Symbol, 60, Enumerable.Range(0, 50).Select(hour => Rows.Candle(hour * 60, 99_999_999.9999999999m, volume: 999_999_999_999_999_999.9999999999m, count: long.MaxValue)), Rows.Covered(0, 49 * 60)), default);

        var trades = Enumerable.Range(1, 700).Select(id => Rows.Trade(id, id * 180.000000123m, price + (id % 7), 0.0000000001m * id, id % 2 == 0 ? TradeSide.Sell : TradeSide.Buy)).ToList();
        trades[3] = trades[3] with { OrderType = null, Misc = "a flag, \"quoted\" and längere" };
        trades.RemoveAll(trade => trade.Id is >= 500 and <= 502);
        await store.WriteAsync(
            new StoreWrite
            {
                Symbol = Symbol,
                Trades = TradeBatch.FromRows(trades),
                Covered = [(DataType.Trades, Rows.Covered(0, 2_100, CandleSource.ProvenTrades, CoverageGrade.Proven, 1, 700))],
                LastKrakenSince = "1704193200123456789",
                Absent = [new AbsentTradeIds { FirstId = 500, LastId = 502, FirstSeen = Rows.Start.AddDays(2), Confirmed = true }],
            },
            default);

        // Proven to be quiet, without a row; and of a kind that candles and trades know nothing of.
        await store.WriteAsync(new StoreWrite { Symbol = Quiet, Covered = [(DataType.Trades, Rows.Covered(0, 60, CandleSource.ProvenTrades, CoverageGrade.Proven)), ("book_10", Rows.Covered(5, 9))] }, default);
        await store.WriteAsync(new StoreWrite { Symbol = Quiet, Cursor = new ImportCursor("ETHUSD_1.csv|77|1", 55, "{\"rows\":3}") }, default);
        await BookArchive.Of(store).AppendAsync(Book(7, CaptureText.Frames(CaptureText.Names[0]), "SOL/USD", price), default);
        await BookArchive.Of(store).AppendAsync(Book(8, [.. CaptureText.Frames(CaptureText.Names[1]).Take(1_500)], "SOL/USD", price), default);
        await ((ITableStore)store).WriteRowsAsync(
            Backtests,
            [
                Run("0b0e7f7a-58a4-4a7c-9d4f-6d0f0c4f3a11", "BTC/USD,ETH/USD", """{"b": 1.50, "a": [1e2, null, "x"]}""", null),
                Run("0b0e7f7a-58a4-4a7c-9d4f-6d0f0c4f3a12", "", "{}", """[{"id": 1}]"""),
            ],
            replaces: true,
            cursor: null,
            default);
    }

    /// <summary>All that is stored, for comparing two states of one store.</summary>
    public static async Task<string> StateAsync(IMarketStore store)
    {
        var lines = new List<string>();
        foreach (var table in StoreTables.All)
        {
            await foreach (var page in StoreStreams.PagesAsync((ITableStore)store, table, after: null, default))
            {
                lines.AddRange(page.Select(row => $"{table.Name}: {string.Join('|', row.Select(value => value ?? "null"))}"));
            }
        }

        return string.Join('\n', lines);
    }

    /// <summary>A recording of one connection with a second book beside the first, one wrong checksum, and bytes that are no message.</summary>
    private static BookWrite Book(long session, List<byte[]> frames, string second, decimal seed)
    {
        var recording = new BookRecording(new KrakenBookWire(), session, "test", ulong.MaxValue - (ulong)session);
        var time = UnixTime.Microseconds(Rows.Start.AddYears(2).AddDays(session)) * 1000;
        for (var index = 0; index < frames.Count; index++)
        {
            var text = Encoding.UTF8.GetString(frames[index]);
            time += 1_234_567;
            recording.Add(index == 200 ? Encoding.UTF8.GetBytes(text.Replace("\"checksum\":", $"\"checksum\":{seed:F0}", StringComparison.Ordinal)) : frames[index], time);
            recording.Add(Encoding.UTF8.GetBytes(text.Replace("BTC/USD", second, StringComparison.Ordinal)), time + 100);
        }

        recording.Add([0xFF, 0x00, (byte)'"'], time + 1_000);
        return recording.Take();
    }

    private static string?[] Run(string id, string symbols, string parameters, string? trades) =>
        [id, "sma", symbols, "1704067200000000", "1704153600000000", parameters, """{"sharpe": 1.25}""", trades, null, "1704153600123456"];
}
