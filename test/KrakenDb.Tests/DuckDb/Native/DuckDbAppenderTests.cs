using KrakenDb.DuckDb.Native;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb.Native;

public sealed class DuckDbAppenderTests : IDisposable
{
    private readonly DuckDbDatabase _database = InMemory.Open();
    private readonly DuckDbConnection _connection;

    public DuckDbAppenderTests()
    {
        _connection = _database.Connect();
        _connection.Execute("CREATE TABLE rows(id BIGINT NOT NULL, small SMALLINT, tiny UTINYINT, name VARCHAR)");
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Rows_of_several_chunks_arrive_in_order()
    {
        using (var appender = _connection.CreateAppender("rows"))
        {
            appender.Capacity.ShouldBe(2_048);
            appender.ColumnCount.ShouldBe(4);
            for (var start = 0; start < 5_000; start += 1_000)
                Write(appender, start, 1_000);
            appender.Close();
        }

        using var result = _connection.Query("SELECT id, small, tiny, name FROM rows");
        var next = 0;
        while (result.FetchChunk() is { } chunk)
        {
            for (var i = 0; i < chunk.RowCount; i++, next++)
            {
                chunk.Int64(0)[i].ShouldBe(next);
                chunk.Int16(1)[i].ShouldBe((short)-next);
                chunk.UInt8(2)[i].ShouldBe((byte)(next % 256));
                chunk.GetString(3, i).ShouldBe($"name {next - (next % 1_000)}");
            }
        }

        next.ShouldBe(5_000);
    }

    [Fact]
    public void Nulls_of_one_chunk_are_forgotten_in_the_next()
    {
        using (var appender = _connection.CreateAppender("rows"))
        {
            Write(appender, 0, 1, last => last.SetAllNull(3));
            Write(appender, 1, 1);
            appender.Close();
        }

        Count("name IS NULL").ShouldBe(1);
        Count("id = 1 AND name = 'name 1'").ShouldBe(1);
    }

    [Fact]
    public void What_was_not_flushed_is_dropped_with_the_appender()
    {
        using (var appender = _connection.CreateAppender("rows"))
        {
            Write(appender, 0, 10);
            appender.Flush();
            Write(appender, 10, 10);
        }

        Count("true").ShouldBe(10);
    }

    [Fact]
    public void Flushed_rows_go_with_the_transaction()
    {
        using var appender = _connection.CreateAppender("rows");

        _connection.Execute("BEGIN");
        Write(appender, 0, 10);
        appender.Flush();
        _connection.Execute("ROLLBACK");
        _connection.Execute("BEGIN");
        Write(appender, 10, 5);
        appender.Flush();
        _connection.Execute("COMMIT");
        appender.Close();

        Count("true").ShouldBe(5);
        Count("id < 10").ShouldBe(0);
    }

    [Fact]
    public void A_temporary_table_is_in_its_own_catalog()
    {
        _connection.Execute("CREATE TEMP TABLE staging(id BIGINT)");
        using (var appender = _connection.CreateAppender("staging", catalog: "temp"))
        {
            appender.Int64(0).Fill(7);
            appender.Append(3);
            appender.Close();
        }

        _connection.Execute("INSERT INTO rows(id) SELECT id FROM staging").ShouldBe(3);
    }

    [Fact]
    public void A_refused_row_carries_the_words_of_DuckDB()
    {
        using var appender = _connection.CreateAppender("rows");
        Write(appender, 0, 1, last => last.SetNull(0, 0));

        var exception = Should.Throw<DuckDbException>(appender.Flush);

        exception.ErrorType.ShouldBe(DuckDbErrorType.Constraint);
        exception.Message.ShouldContain("NOT NULL constraint failed: rows.id");
    }

    [Fact]
    public void An_unknown_table_is_named()
    {
        var exception = Should.Throw<DuckDbException>(() => _connection.CreateAppender("nothing"));

        exception.Message.ShouldContain("nothing");
    }

    [Fact]
    public void Text_that_is_no_UTF8_is_refused()
    {
        using var appender = _connection.CreateAppender("rows");

        Should.Throw<ArgumentException>(() => appender.SetUtf8(3, 0, [0xC3, 0x28]));
    }

    [Fact]
    public void A_column_written_with_another_width_and_too_many_rows_are_refused()
    {
        using var appender = _connection.CreateAppender("rows");

        Should.Throw<InvalidOperationException>(() => appender.Int32(0).Clear());
        Should.Throw<ArgumentOutOfRangeException>(() => appender.SetNull(0, appender.Capacity));
        Should.Throw<ArgumentOutOfRangeException>(() => appender.Append(appender.Capacity + 1));
    }

    private static void Write(DuckDbAppender appender, int start, int count, Action<DuckDbAppender>? last = null)
    {
        for (var i = 0; i < count; i++)
        {
            appender.Int64(0)[i] = start + i;
            appender.Int16(1)[i] = (short)-(start + i);
            appender.UInt8(2)[i] = (byte)((start + i) % 256);
        }

        appender.FillString(3, $"name {start}");
        last?.Invoke(appender);
        appender.Append(count);
    }

    private long Count(string condition)
    {
        using var result = _connection.Query($"SELECT count(*) FROM rows WHERE {condition}");
        return result.FetchChunk()!.Int64(0)[0];
    }
}
