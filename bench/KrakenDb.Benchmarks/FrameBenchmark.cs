using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using KrakenDb.Kraken;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.Benchmarks;

/// <summary>Trade frames of the WebSocket parsed to stored rows, beside a bare pass of the JSON reader over the same bytes.</summary>
internal sealed class FrameBenchmark(BenchmarkOptions options, Report report)
{
    private const string CeilingName = "the tokens of the same frames";
    private const string CeilingCode = "var reader = new Utf8JsonReader(frame); while (reader.Read()) { }";
    private const int FramesKept = 4096;

    // Frames of Kraken carry one to a few trades.
    private static readonly int[] TradesPerFrame = [1, 1, 2, 1, 3, 1, 1, 6];

    public Task RunAsync()
    {
        report.AddCeiling(CeilingName, CeilingCode);
        var frames = Enumerable.Range(0, FramesKept).Select(Frame).ToArray();
        var trades = frames.Length / TradesPerFrame.Length * TradesPerFrame.Sum();
        var passes = (int)Math.Max(1, options.StoreRows / trades);
        var counters = new FeedCounters();
        var parser = new FrameParser(counters, new FeedLog(NullLogger.Instance, TimeProvider.System), new NameTable());
        var sink = new Sink();

        // The first passes compile and let the buffers grow.
        var (ours, theirs) = (new Samples(), new Samples());
        for (var warm = 0; warm < 20; warm++)
        {
            Parse(parser, frames, 1, sink);
            Tokens(frames, 1);
        }

        sink.Trades = 0;
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Parse(parser, frames, passes, sink);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        if (sink.Trades != (long)trades * passes || counters.Rejected + counters.Malformed + counters.UnknownFields > 0)
        {
            throw new UnreachableException("The frames were not read as they were written.");
        }

        for (var run = 0; run < (options.IsDry ? 1 : 5); run++)
        {
            ours.Add(() => Parse(parser, frames, passes, sink));
            theirs.Add(() => Tokens(frames, passes));
        }

        var count = (double)trades * passes;
        report.Add(new Result($"trade frames: {count:N0} trades in {(double)frames.Length * passes:N0} frames", count / ours.Median * 1000, "trades/s")
        {
            Ceiling = count / theirs.Median * 1000,
            CeilingName = CeilingName,
            Note = $"{cpu.TotalNanoseconds / count:0} ns of processor time per trade, {cpu.TotalNanoseconds / ((double)frames.Length * passes):0} ns per frame",
        });
        report.Add(new Result("trade frames: allocated per frame", (double)allocated / ((double)frames.Length * passes), "bytes") { Target = 0 });
        return Task.CompletedTask;
    }

    private static void Parse(FrameParser parser, byte[][] frames, int passes, Sink sink)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            foreach (var frame in frames)
            {
                parser.Parse(frame, long.MaxValue, sink);
            }
        }
    }

    private static void Tokens(byte[][] frames, int passes)
    {
        for (var pass = 0; pass < passes; pass++)
        {
            foreach (var frame in frames)
            {
                var reader = new Utf8JsonReader(frame);
                while (reader.Read())
                {
                }
            }
        }
    }

    private static byte[] Frame(int number)
    {
        string[] symbols = ["BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "DOGE/USD"];
        var symbol = symbols[number % symbols.Length];
        var trades = Enumerable.Range(0, TradesPerFrame[number % TradesPerFrame.Length]).Select(index => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"symbol":"{{symbol}}","side":"{{(number % 3 == 0 ? "sell" : "buy")}}","price":{{60_000 + (number % 977)}}.{{number % 10}},"qty":0.{{(number * 7919L) + index + 10_000:D8}},"ord_type":"{{(number % 4 == 0 ? "limit" : "market")}}","trade_id":{{105_702_534L + number + index}},"timestamp":"2026-08-22T17:30:{{number % 60:D2}}.{{number * 131 % 1_000_000:D6}}Z"}"""));
        return Encoding.UTF8.GetBytes($$"""{"channel":"trade","type":"update","data":[{{string.Join(',', trades)}}]}""");
    }

    private sealed class Sink : IFrameSink
    {
        public long Trades { get; set; }

        public void OnTrades(string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot) => Trades += trades.Length;

        public void OnStatus(string system, ulong connectionId)
        {
        }

        public void OnAcknowledged(in Acknowledgement acknowledgement)
        {
        }

        public void OnCandle(string symbol, Interval interval, in CandleRow candle, bool isSnapshot)
        {
        }

        public void OnTicker(string symbol, in TickerRow ticker, bool isSnapshot)
        {
        }

        public void OnBook(string symbol, bool isSnapshot)
        {
        }

        public void OnInstruments(IReadOnlyList<Instrument> instruments, bool isSnapshot)
        {
        }

        public void OnExchangeTime(long nanoseconds)
        {
        }
    }
}
