using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

internal static partial class ParquetFile
{
    private const string MessageTable =
        """
        CREATE TABLE messages (
            session_id       BIGINT    NOT NULL,
            sequence         BIGINT    NOT NULL,
            timestamp        TIMESTAMP NOT NULL,
            symbol           VARCHAR,
            channel          VARCHAR,
            type             VARCHAR,
            exchange_time_ns BIGINT,
            received_time_ns BIGINT    NOT NULL,
            checksum         UINTEGER,
            verified         BOOLEAN,
            raw_message      BLOB      NOT NULL
        )
        """;

    private const string BookTable =
        """
        CREATE TABLE books (
            session_id    BIGINT         NOT NULL,
            sequence      BIGINT         NOT NULL,
            symbol        VARCHAR        NOT NULL,
            received_time TIMESTAMP      NOT NULL,
            exchange_time TIMESTAMP,
            side          VARCHAR        NOT NULL,
            ordinal       INTEGER        NOT NULL,
            price         DECIMAL(18,10) NOT NULL,
            quantity      DECIMAL(28,10) NOT NULL
        )
        """;

    /// <summary>Writes recorded messages in the order in which they come and returns how many they were.</summary>
    /// <inheritdoc cref="WriteCandlesAsync"/>
    public static Task<long> WriteBookMessagesAsync(string path, IAsyncEnumerable<BookReplayItem> items, CancellationToken cancellationToken) =>
        WriteAsync(path, "messages", MessageTable, connection => AppendMessagesAsync(connection, items, cancellationToken), cancellationToken);

    /// <summary>Writes the best prices of each book state, a row per price, and returns how many states they were.</summary>
    /// <inheritdoc cref="WriteCandlesAsync"/>
    public static Task<long> WriteBooksAsync(string path, IAsyncEnumerable<BookReplayItem> items, int top, CancellationToken cancellationToken) =>
        WriteAsync(path, "books", BookTable, connection => AppendBooksAsync(connection, items, top, cancellationToken), cancellationToken);

    private static async Task<long> AppendMessagesAsync(DuckDbConnection connection, IAsyncEnumerable<BookReplayItem> items, CancellationToken cancellationToken)
    {
        using var appender = connection.CreateAppender("messages");
        long rows = 0;
        var row = 0;
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (item.Message is { } message)
            {
                Set(appender, row, message);
                rows++;
                row = Next(appender, row);
            }
        }

        appender.Append(row);
        appender.Close();
        return rows;
    }

    private static async Task<long> AppendBooksAsync(DuckDbConnection connection, IAsyncEnumerable<BookReplayItem> items, int top, CancellationToken cancellationToken)
    {
        using var appender = connection.CreateAppender("books");
        long states = 0;
        var row = 0;
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (item.Book is { } book)
            {
                states++;
                row = Append(appender, row, book, "bid", book.Bids, top);
                row = Append(appender, row, book, "ask", book.Asks, top);
            }
        }

        appender.Append(row);
        appender.Close();
        return states;
    }

    private static int Append(DuckDbAppender appender, int row, BookState book, string side, IReadOnlyList<BookPrice> prices, int top)
    {
        for (var index = 0; index < Math.Min(top, prices.Count); index++)
        {
            appender.Int64(0)[row] = book.SessionId;
            appender.Int64(1)[row] = book.Sequence;
            appender.SetString(2, row, book.Symbol);
            appender.Int64(3)[row] = UnixTime.Microseconds(book.ReceivedTime);
            SetTime(appender, 4, row, book.ExchangeTime is { } time ? UnixTime.Microseconds(time) : null);
            appender.SetString(5, row, side);
            appender.Int32(6)[row] = index;
            appender.Int64(7)[row] = FixedPoint.PriceFromDecimal(prices[index].Price);
            appender.HugeInt(8)[row] = FixedPoint.VolumeFromDecimal(prices[index].Quantity);
            row = Next(appender, row);
        }

        return row;
    }

    private static void Set(DuckDbAppender appender, int row, BookMessage message)
    {
        appender.Int64(0)[row] = message.SessionId;
        appender.Int64(1)[row] = message.Sequence;
        appender.Int64(2)[row] = HistoricalTrade.FloorDivide(message.ExchangeNanoseconds ?? message.ReceivedNanoseconds, 1000);
        SetText(appender, 3, row, message.Symbol);
        SetText(appender, 4, row, message.Channel);
        SetText(appender, 5, row, message.Type);
        SetTime(appender, 6, row, message.ExchangeNanoseconds);
        appender.Int64(7)[row] = message.ReceivedNanoseconds;
        if (message.Checksum is { } checksum)
        {
            appender.Int32(8)[row] = unchecked((int)checksum);
        }
        else
        {
            appender.SetNull(8, row);
        }

        if (message.Verified is { } verified)
        {
            appender.UInt8(9)[row] = verified ? (byte)1 : (byte)0;
        }
        else
        {
            appender.SetNull(9, row);
        }

        appender.SetBytes(10, row, message.Raw.Span);
    }

    private static void SetText(DuckDbAppender appender, int column, int row, string? text)
    {
        if (text is null)
        {
            appender.SetNull(column, row);
        }
        else
        {
            appender.SetString(column, row, text);
        }
    }

    private static void SetTime(DuckDbAppender appender, int column, int row, long? time)
    {
        if (time is { } known)
        {
            appender.Int64(column)[row] = known;
        }
        else
        {
            appender.SetNull(column, row);
        }
    }

    private static int Next(DuckDbAppender appender, int row)
    {
        if (++row == appender.Capacity)
        {
            appender.Append(row);
            row = 0;
        }

        return row;
    }
}
