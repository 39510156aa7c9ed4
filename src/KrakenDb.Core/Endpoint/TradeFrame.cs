using System.Text;

namespace KrakenDb;

/// <summary>
/// A <see cref="TradeBatch"/> on the wire. Columns: id, time in nanoseconds, price (8 bytes each), volume (16), side (1; 0 buy, 1 sell), length of the order
/// type (4; −1 where unknown), length of misc (4), then the texts of both in UTF-8, row by row.
/// </summary>
internal static class TradeFrame
{
    private const int BytesPerRow = (3 * sizeof(long)) + 16 + 1 + (2 * sizeof(int));

    // What nearly every row has; no new text is made for it.
    private static readonly (byte[] Bytes, string Text)[] CommonTexts = [("limit"u8.ToArray(), "limit"), ("market"u8.ToArray(), "market")];

    public static async Task WriteAsync(Stream stream, TradeBatch batch, CancellationToken cancellationToken)
    {
        var rows = batch.Count;
        var sides = new byte[rows];
        var orderTypes = new int[rows];
        var miscs = new int[rows];
        using var texts = new MemoryStream();
        for (var row = 0; row < rows; row++)
        {
            sides[row] = batch.Side[row] == TradeSide.Buy ? (byte)0 : (byte)1;
            orderTypes[row] = batch.OrderType[row] is { } orderType ? Append(texts, orderType) : -1;
            miscs[row] = Append(texts, batch.Misc[row]);
        }

        await ColumnFrame.WriteAsync(stream, FrameKind.Trades, rows, Columns(batch, rows, sides, orderTypes, miscs, texts.ToArray()), cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="InvalidDataException">Not what was sent.</exception>
    /// <exception cref="EndOfStreamException">Cut off.</exception>
    public static async Task<TradeBatch> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var header = await ColumnFrame.ReadHeaderAsync(stream, FrameKind.Trades, cancellationToken).ConfigureAwait(false);
        var rows = header.Rows;
        var textLength = header.Length - (rows * (long)BytesPerRow);
        if (textLength < 0 || textLength > Array.MaxLength)
        {
            throw new InvalidDataException($"The frame has {header.Length} bytes for {rows} trades.");
        }

        var batch = new TradeBatch(rows);
        var (sides, orderTypes, miscs, texts) = (new byte[rows], new int[rows], new int[rows], new byte[textLength]);
        await ColumnFrame.ReadAsync(stream, header, Columns(batch, rows, sides, orderTypes, miscs, texts), cancellationToken).ConfigureAwait(false);
        var at = 0;
        for (var row = 0; row < rows; row++)
        {
            batch.Side[row] = sides[row] == 0 ? TradeSide.Buy : TradeSide.Sell;
            batch.OrderType[row] = orderTypes[row] < 0 ? null : Take(texts, ref at, orderTypes[row]);
            batch.Misc[row] = Take(texts, ref at, miscs[row]);
        }

        batch.Count = rows;
        return batch;
    }

    private static ColumnFrame.Column[] Columns(TradeBatch batch, int rows, byte[] sides, int[] orderTypes, int[] miscs, byte[] texts) =>
    [
        ColumnFrame.Of(batch.Id, rows),
        ColumnFrame.Of(batch.TimestampNanoseconds, rows),
        ColumnFrame.Of(batch.Price, rows),
        ColumnFrame.Of(batch.Volume, rows),
        ColumnFrame.Of(sides, rows),
        ColumnFrame.Of(orderTypes, rows),
        ColumnFrame.Of(miscs, rows),
        ColumnFrame.Of(texts, texts.Length),
    ];

    private static int Append(MemoryStream texts, string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        texts.Write(bytes);
        return bytes.Length;
    }

    private static string Take(byte[] texts, ref int at, int length)
    {
        if (length == 0)
        {
            return "";
        }

        if (length < 0 || length > texts.Length - at)
        {
            throw new InvalidDataException("The texts of the frame are shorter than their lengths.");
        }

        var bytes = texts.AsSpan(at, length);
        at += length;
        foreach (var (common, text) in CommonTexts)
        {
            if (bytes.SequenceEqual(common))
            {
                return text;
            }
        }

        return Encoding.UTF8.GetString(bytes);
    }
}
