namespace KrakenDb.Tests.Storage;

/// <summary>Everything that a store holds, as text: a difference shows itself.</summary>
internal static class StoreContent
{
    private static readonly Interval[] Intervals = [Interval.Minute, .. Interval.Rollups];
    private static readonly TimeRange Everything = new(Rows.Start.AddYears(-1), Rows.Start.AddYears(1));

    public static async Task<string> ReadAsync(IMarketStore store, bool withHistory, params string[] symbols)
    {
        var lines = new List<string>();
        foreach (var symbol in symbols)
        {
            foreach (var interval in Intervals)
            {
                using var batch = await store.ReadCandlesAsync(symbol, interval, interval, Everything, default);
                lines.AddRange(batch.Rows().Select(row => $"{symbol} {interval} {row}"));
                lines.Add($"{symbol} {interval} {await store.GetCoverageAsync(symbol, DataType.Candles(interval))}");
            }

            lines.AddRange((await store.ReadTradesAsync(symbol, Everything, 0, int.MaxValue, default)).Rows().Select(row => $"{symbol} {row}"));
            lines.AddRange((await store.GetCoverageAsync(symbol, DataType.Trades)).Select(range => $"{symbol} {range}"));
            lines.Add($"{symbol} wanted from {await store.GetWantedFromAsync(symbol)}");
        }

        lines.AddRange((await store.GetSyncStatusAsync()).Select(row => $"{row.Symbol} {row.DataType} {row.OldestTimestamp:O} {row.NewestTimestamp:O} {row.TotalRecords} {(withHistory ? row.LastSyncAt : default):O}"));
        lines.Add(string.Join(' ', await store.GetSymbolsAsync()));
        var status = await store.GetStatusAsync();
        lines.Add($"{status.Candles} candles, {status.Trades} trades");
        if (withHistory)
        {
            lines.Add($"{await store.GetImportCursorAsync("a", default)} {await store.GetImportCursorAsync("b", default)}");
        }

        return string.Join('\n', lines);
    }
}
