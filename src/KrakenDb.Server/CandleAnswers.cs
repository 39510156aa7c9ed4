using System.Runtime.CompilerServices;

namespace KrakenDb.Server;

/// <summary>Candles: for people as JSON and CSV, for the client as columns.</summary>
internal static class CandleAnswers
{
    public static async Task RangeAsync(EndpointRequest request)
    {
        var symbol = request.Text("symbol");
        var interval = request.Interval("interval");
        var now = request.Now;
        var end = request.TimeOrNull("end") ?? now;
        var query = new CandleQuery { AsOf = request.TimeOrNull("as_of") ?? now, Holes = request.Holes, IncludeOpen = request.Flag("include_open") };
        var limit = request.Number("limit", int.MaxValue, least: 0);
        var start = request.TimeOrNull("start") ?? interval.Floor((await request.Provider.GetDataRangeAsync(symbol, request.Ended).ConfigureAwait(false)).Oldest);
        if (start > end && request.TextOrNull("start") is not null)
        {
            throw RequestRefusedException.Argument("start lies after end.");
        }

        await request.SendAsync(ReadAsync(request, symbol, interval, start, end, query, request.Ended).Take(limit)).ConfigureAwait(false);
    }

    public static async Task LatestAsync(EndpointRequest request)
    {
        var query = new CandleQuery { AsOf = request.TimeOrNull("as_of"), Holes = request.Holes };
        var candles = await request.Provider.GetLatestCandlesAsync(request.Text("symbol"), request.Interval("interval"), request.Number("count", 20, least: 1), query, request.Ended).ConfigureAwait(false);
        await request.SendAsync(candles.ToAsyncEnumerable()).ConfigureAwait(false);
    }

    /// <summary>CSV: the intervals one after the other. JSON: an object with an array per interval, under its minutes.</summary>
    public static async Task MultiAsync(EndpointRequest request)
    {
        var timeframes = await request.Provider.GetMultiTimeframeCandlesAsync(
            request.Text("symbol"), request.TimeOrNull("as_of") ?? request.Now, request.Intervals("intervals"), request.Number("lookback", 100, least: 1), new CandleQuery { Holes = request.Holes }, request.Ended).ConfigureAwait(false);
        if (request.Format == OutputFormat.Csv)
        {
            await request.SendAsync(timeframes.Values.SelectMany(candles => candles).ToAsyncEnumerable()).ConfigureAwait(false);
            return;
        }

        await request.SendAsync(stream => Write(new Utf8Output(stream), timeframes)).ConfigureAwait(false);
    }

    /// <summary>Stored rows as <see cref="IMarketReader"/> gives them: a symbol as stored, times in microseconds.</summary>
    public static async Task FrameAsync(EndpointRequest request)
    {
        var range = new TimeRange(request.LongNumber("start", 0), request.LongNumber("end", 0));
        using var batch = await request.Store.ReadCandlesAsync(request.Text("symbol"), request.Interval("stored"), request.Interval("bucket"), range, request.Ended).ConfigureAwait(false);
        request.Http.Response.ContentLength = CandleFrame.Length(batch);
        await CandleFrame.WriteAsync(request.Begin(ColumnFrame.ContentType), batch, request.Ended).ConfigureAwait(false);
    }

    private static void Write(Utf8Output output, IReadOnlyDictionary<Interval, IReadOnlyList<Candle>> timeframes)
    {
        CandleWriter.WriteTimeframes(output, timeframes);
        output.Flush();
    }

    // The range query returns a list; replay at full speed is the same candles as a stream.
    private static async IAsyncEnumerable<Candle> ReadAsync(
        EndpointRequest request, string symbol, Interval interval, DateTimeOffset start, DateTimeOffset end, CandleQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (start >= end)
        {
            yield break;
        }

        await foreach (var candle in request.Provider.ReplayCandlesAsync(symbol, interval, start, end, speed: 0, query, cancellationToken).ConfigureAwait(false))
        {
            yield return candle;
        }

        if (query.IncludeOpen && query.AsOf is { } asOf && interval.Floor(asOf) is var open && open >= start && open < end)
        {
            foreach (var candle in await request.Provider.GetCandlesAsync(symbol, interval, open, open + interval.Duration, limit: null, query, cancellationToken).ConfigureAwait(false))
            {
                yield return candle;
            }
        }
    }
}
