namespace KrakenDb;

/// <summary>
/// A <see cref="CandleBatch"/> on the wire. Columns: timestamp, open, high, low, close (8 bytes each), volume, quote volume (16), trade count, vwap (8),
/// source (1); values as in <see cref="CandleRow"/>, the marks of the unknown included.
/// </summary>
internal static class CandleFrame
{
    private const int BytesPerRow = (7 * sizeof(long)) + (2 * 16) + 1;

    /// <summary>Bytes on the wire.</summary>
    public static long Length(CandleBatch batch) => ColumnFrame.HeaderLength + (batch.Count * (long)BytesPerRow);

    public static Task WriteAsync(Stream stream, CandleBatch batch, CancellationToken cancellationToken) =>
        ColumnFrame.WriteAsync(stream, FrameKind.Candles, batch.Count, Columns(batch, batch.Count), cancellationToken);

    /// <summary>The caller disposes the batch.</summary>
    /// <exception cref="InvalidDataException">Not what was sent.</exception>
    /// <exception cref="EndOfStreamException">Cut off.</exception>
    public static async Task<CandleBatch> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = await ColumnFrame.ReadHeaderAsync(stream, FrameKind.Candles, cancellationToken).ConfigureAwait(false);
        if (header.Length != header.Rows * (long)BytesPerRow)
        {
            throw new InvalidDataException($"The frame has {header.Length} bytes for {header.Rows} candles.");
        }

        var batch = CandleBatch.Rent(header.Rows);
        try
        {
            await ColumnFrame.ReadAsync(stream, header, Columns(batch, header.Rows), cancellationToken).ConfigureAwait(false);
            batch.Count = header.Rows;
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private static ColumnFrame.Column[] Columns(CandleBatch batch, int rows) =>
    [
        ColumnFrame.Of(batch.Timestamp, rows),
        ColumnFrame.Of(batch.Open, rows),
        ColumnFrame.Of(batch.High, rows),
        ColumnFrame.Of(batch.Low, rows),
        ColumnFrame.Of(batch.Close, rows),
        ColumnFrame.Of(batch.Volume, rows),
        ColumnFrame.Of(batch.QuoteVolume, rows),
        ColumnFrame.Of(batch.TradeCount, rows),
        ColumnFrame.Of(batch.Vwap, rows),
        ColumnFrame.Of(batch.Source, rows),
    ];
}
