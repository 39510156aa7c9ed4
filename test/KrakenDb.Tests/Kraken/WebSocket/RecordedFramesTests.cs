using System.Globalization;
using System.Text;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>Frames as Kraken sent them, from several recordings.</summary>
public sealed class RecordedFramesTests
{
    private static string Folder => Path.Combine(Required.SharedData(), "ws_v2");

    [Theory]
    [InlineData("crossbook_kraken_btcusd_l2.cbcap", 5, 296)]
    [InlineData("crossbook_kraken_btcusd_sample.cbcap", 1, 2051)]
    public void Every_frame_of_a_captured_book_is_understood(string file, int snapshots, int updates)
    {
        var seen = new SeenFrames();
        foreach (var frame in Capture(File.ReadAllBytes(Path.Combine(Folder, file))))
        {
            seen.Read(frame);
        }

        Nothing_is_lost(seen);
        seen.Books.Count(book => book.IsSnapshot).ShouldBe(snapshots);
        seen.Books.Count(book => !book.IsSnapshot).ShouldBe(updates);
        seen.Books.ShouldAllBe(book => book.Symbol == "BTC/USD");
        seen.Statuses.Count.ShouldBe(1);
        seen.Acknowledgements.ShouldAllBe(acknowledgement => acknowledgement.Succeeded && acknowledgement.Symbol == "BTC/USD");
    }

    [Fact]
    public void Every_single_frame_is_understood()
    {
        var files = Directory.GetFiles(Path.Combine(Folder, "crossbook_seeds"))
            .Concat(Directory.GetFiles(Path.Combine(Folder, "transcribed")))
            .Append(Path.Combine(Folder, "gst_usd_snapshot_2024-07.json"))
            .ToList();
        var seen = new SeenFrames();
        foreach (var frame in files.SelectMany(File.ReadLines).Where(line => line.Length > 0))
        {
            seen.Read(frame);
        }

        files.Count.ShouldBe(13);
        Nothing_is_lost(seen);
        seen.Trades.Select(trade => trade.Trade.Id).ShouldBe([9622656, 9622657, 9622658, 105702534, 107612614]);
        seen.Tickers.Select(ticker => ticker.Symbol).ShouldBe(["BTC/USD", "BNB/USD", "BTC/USD"]);
        seen.Statuses.Select(status => status.ConnectionId).ShouldBe(new ulong[] { 2950167385101900187, 14949390454975033707, 16174536464690282295 }, ignoreOrder: true);
        seen.Books.Select(book => book.Symbol).Distinct().ShouldBe(["BTC/USD", "ALGO/USD", "GST/USD"], ignoreOrder: true);
        seen.Acknowledgements.Count(acknowledgement => !acknowledgement.Succeeded).ShouldBe(2);
    }

    [Fact]
    public void Every_candle_of_a_recording_is_the_printed_one()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "transcribed", "ohlc_btcusdt_1m_2026-09-10.jsonl"));
        var seen = new SeenFrames().Read(lines);

        Nothing_is_lost(seen);
        var printed = lines.Where(line => line.Contains("\"channel\":\"ohlc\",\"type\"", StringComparison.Ordinal))
            .SelectMany(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("data").EnumerateArray())
            .Select(candle => (candle.GetProperty("interval_begin").GetString()![..19], candle.GetProperty("open").GetDecimal(), candle.GetProperty("high").GetDecimal(),
                candle.GetProperty("low").GetDecimal(), candle.GetProperty("close").GetDecimal(), candle.GetProperty("volume").GetDecimal(), candle.GetProperty("vwap").GetDecimal(), candle.GetProperty("trades").GetInt64()))
            .ToList();
        printed.Count.ShouldBeGreaterThan(5);
        seen.Candles.Select(candle => (UnixTime.ToDateTimeOffset(candle.Candle.Timestamp).ToString("s", CultureInfo.InvariantCulture), FixedPoint.ToDecimal(candle.Candle.Open), FixedPoint.ToDecimal(candle.Candle.High),
                FixedPoint.ToDecimal(candle.Candle.Low), FixedPoint.ToDecimal(candle.Candle.Close), FixedPoint.ToDecimal(candle.Candle.Volume), FixedPoint.ToDecimal(candle.Candle.Vwap), candle.Candle.TradeCount))
            .ShouldBe(printed);
    }

    [Fact]
    public void A_list_of_683_markets_is_read_in_full()
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, "torquey66_instrument_snapshot.json"));
        var seen = new SeenFrames();
        seen.Read(bytes);

        Nothing_is_lost(seen);
        seen.Instruments.Count.ShouldBe(683);
        seen.Instruments.GroupBy(instrument => instrument.Status).ToDictionary(group => group.Key!, group => group.Count(), StringComparer.Ordinal)
            .ShouldBe(new Dictionary<string, int>(StringComparer.Ordinal) { ["online"] = 672, ["reduce_only"] = 9, ["cancel_only"] = 2 }, ignoreOrder: true);
        using var document = System.Text.Json.JsonDocument.Parse(bytes);
        string[] printed =
        [
            .. document.RootElement.GetProperty("data").GetProperty("pairs").EnumerateArray().Select(pair => Text(
                pair.GetProperty("symbol").GetString()!,
                pair.GetProperty("price_precision").GetInt32(),
                pair.GetProperty("qty_precision").GetInt32(),
                pair.GetProperty("price_increment").GetDecimal(),
                pair.GetProperty("qty_min").GetDecimal(),
                pair.GetProperty("cost_min").GetDecimal())),
        ];
        seen.Instruments.Select(instrument => Text(instrument.Symbol, instrument.PairDecimals, instrument.LotDecimals, instrument.TickSize, instrument.OrderMin, instrument.CostMin)).ShouldBe(printed);
    }

    private static string Text(string symbol, int? priceDecimals, int? volumeDecimals, decimal? tick, decimal? orderMin, decimal? costMin) =>
        string.Create(CultureInfo.InvariantCulture, $"{symbol} {priceDecimals} {volumeDecimals} {tick:0.############} {orderMin:0.############} {costMin:0.############}");

    private static void Nothing_is_lost(SeenFrames seen)
    {
        seen.Counters.Frames.ShouldBeGreaterThan(0);
        seen.Counters.Malformed.ShouldBe(0);
        seen.Counters.Rejected.ShouldBe(0);
        seen.Counters.UnknownChannels.ShouldBe(0);
        seen.Counters.UnknownFields.ShouldBe(0);
        seen.Counters.Rounded.ShouldBe(0);
    }

    // CBCAP1 kraken SYMBOL unix_ns, then <receive_ns> <byte_count>, a line feed, the bytes and a line feed for each frame.
    private static List<byte[]> Capture(byte[] file)
    {
        var frames = new List<byte[]>();
        var at = file.AsSpan().IndexOf((byte)'\n') + 1;
        while (at < file.Length)
        {
            var end = at + file.AsSpan(at).IndexOf((byte)'\n');
            var length = int.Parse(Encoding.ASCII.GetString(file, at, end - at).Split(' ')[1], CultureInfo.InvariantCulture);
            frames.Add(file[(end + 1)..(end + 1 + length)]);
            at = end + 2 + length;
        }

        return frames;
    }
}
