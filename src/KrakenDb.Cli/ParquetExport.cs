namespace KrakenDb.Cli;

internal static class ParquetExport
{
    public static Task<long> WriteAsync(string path, IAsyncEnumerable<Candle> candles, CancellationToken cancellationToken) => throw new NotSupportedException();
}
