namespace KrakenDb.Server;

/// <summary>Trades: for people as JSON and CSV, for the client as columns.</summary>
internal static class TradeAnswers
{
    private const int TradesByDefault = 1_000;
    private const int TradesMax = 100_000;

    /// <summary>By id; the next page begins after the last id of this one.</summary>
    public static async Task TradesAsync(EndpointRequest request)
    {
        var symbol = (await request.Provider.GetSyncStatusAsync(request.Text("symbol"), request.Ended).ConfigureAwait(false))[0].Symbol;
        var range = new TimeRange(request.TimeOrNull("start") ?? DateTimeOffset.UnixEpoch, request.TimeOrNull("end") ?? request.Now.AddTicks(TimeSpan.TicksPerMicrosecond));
        var batch = await request.Store.ReadTradesAsync(symbol, range, request.LongNumber("after_id", 0, least: 0), request.Number("limit", TradesByDefault, 0, TradesMax), request.Ended).ConfigureAwait(false);
        await request.SendAsync(StoreRecords.Of(batch.Rows().Select(row => row.ToTrade(symbol)))).ConfigureAwait(false);
    }

    /// <summary>Stored rows as <see cref="IMarketReader"/> gives them: a symbol as stored, times in microseconds.</summary>
    public static async Task FrameAsync(EndpointRequest request)
    {
        var range = new TimeRange(request.LongNumber("start", 0), request.LongNumber("end", 0));
        var batch = await request.Store.ReadTradesAsync(request.Text("symbol"), range, request.LongNumber("after_id", 0), request.Number("limit", 0, 0), request.Ended).ConfigureAwait(false);
        await TradeFrame.WriteAsync(request.Begin(ColumnFrame.ContentType), batch, request.Ended).ConfigureAwait(false);
    }
}
