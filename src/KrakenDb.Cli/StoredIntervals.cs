namespace KrakenDb.Cli;

/// <summary>Which candles can be had of a symbol.</summary>
internal static class StoredIntervals
{
    /// <exception cref="UsageException">Nothing that is stored makes up candles of this length.</exception>
    /// <exception cref="UnknownSymbolException">No such market, or nothing of it is stored.</exception>
    public static async Task CheckAsync(HistoricalDataProvider provider, string symbol, Interval interval, CancellationToken cancellationToken)
    {
        var status = await provider.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false);
        var stored = status.Select(row => DataType.CandleInterval(row.DataType)).OfType<Interval>().Order().ToList();
        if (!stored.Exists(finer => finer.Divides(interval)))
        {
            throw new UsageException(stored.Count == 0
                ? $"no candles of {symbol} are stored, only {string.Join(", ", status.Select(row => row.DataType))}."
                : $"no {interval} candles of {symbol}: stored are {string.Join(", ", stored)}. Give one of these or a multiple, or import finer ones.");
        }
    }
}
