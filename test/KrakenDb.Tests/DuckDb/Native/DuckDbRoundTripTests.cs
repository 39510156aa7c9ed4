using FsCheck;
using FsCheck.Fluent;
using KrakenDb.DuckDb.Native;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb.Native;

public sealed class DuckDbRoundTripTests : IDisposable
{
    private static readonly Int128 LargestDecimal = Int128.Parse(new string('9', 38));

    private readonly DuckDbDatabase _database = InMemory.Open();
    private readonly DuckDbConnection _connection;

    public DuckDbRoundTripTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Bound_integers_come_back()
    {
        using var statement = _connection.Prepare("SELECT $1, $2, $3, $4");
        statement.Bind(1, int.MinValue).Bind(2, long.MaxValue).Bind(3, true).BindTimestamp(4, -1);

        using var result = statement.Query();

        statement.ParameterCount.ShouldBe(4);
        result.Columns.ToArray().Select(column => column.Type)
            .ShouldBe([DuckDbType.Integer, DuckDbType.BigInt, DuckDbType.Boolean, DuckDbType.Timestamp]);
        var chunk = result.FetchChunk().ShouldNotBeNull();
        chunk.RowCount.ShouldBe(1);
        chunk.Int32(0)[0].ShouldBe(int.MinValue);
        chunk.Int64(1)[0].ShouldBe(long.MaxValue);
        chunk.Boolean(2, 0).ShouldBeTrue();
        chunk.Int64(3)[0].ShouldBe(-1);
        result.FetchChunk().ShouldBeNull();
    }

    [Fact]
    public void The_extremes_of_128_bits_come_back()
    {
        foreach (var value in new[] { Int128.MinValue, Int128.MinValue + 1, long.MinValue, -1, 0, 1, ulong.MaxValue, (Int128)ulong.MaxValue + 1, Int128.MaxValue })
        {
            using var statement = _connection.Prepare("SELECT $1, $1::VARCHAR");
            statement.Bind(1, value);

            using var result = statement.Query();

            var chunk = result.FetchChunk().ShouldNotBeNull();
            chunk.HugeInt(0)[0].ShouldBe(value);
            chunk.GetString(1, 0).ShouldBe(value.ToString());
        }
    }

    [Fact]
    public void A_decimal_of_18_digits_is_64_bits_and_a_wider_one_128()
    {
        using var statement = _connection.Prepare("SELECT $1, $2, $3, $1::VARCHAR, $2::VARCHAR");
        statement.BindDecimal(1, 999_999_999_999_999_999, 18, 10);
        statement.BindDecimal(2, -Int128.Parse("9999999999999999999999999999"), 28, 10);
        statement.BindDecimal(3, LargestDecimal, 38, 0);

        using var result = statement.Query();

        result.Columns.ToArray().Select(column => (column.Type, column.Scale, column.Size))
            .Take(3).ShouldBe([(DuckDbType.Decimal, 10, 8), (DuckDbType.Decimal, 10, 16), (DuckDbType.Decimal, 0, 16)]);
        var chunk = result.FetchChunk().ShouldNotBeNull();
        chunk.Int64(0)[0].ShouldBe(999_999_999_999_999_999);
        chunk.HugeInt(1)[0].ShouldBe(-Int128.Parse("9999999999999999999999999999"));
        chunk.HugeInt(2)[0].ShouldBe(LargestDecimal);
        chunk.GetString(3, 0).ShouldBe("99999999.9999999999");
        chunk.GetString(4, 0).ShouldBe("-999999999999999999.9999999999");
    }

    [Fact]
    public void Any_scaled_price_and_volume_survives_the_way_through_a_table()
    {
        _connection.Execute("CREATE TABLE numbers(price DECIMAL(18,10), volume DECIMAL(28,10), text VARCHAR)");
        var prices = ArbMap.Default.GeneratorFor<DoNotSize<long>>().Select(any => any.Item % 1_000_000_000_000_000_000);
        var pairs = prices.SelectMany(price => prices.Select(factor => (Price: price, Volume: (Int128)factor * 9_999_999_999)));

        Prop.ForAll(Arb.From(pairs), pair =>
        {
            _connection.Execute("DELETE FROM numbers");
            using (var appender = _connection.CreateAppender("numbers"))
            {
                appender.Int64(0)[0] = pair.Price;
                appender.HugeInt(1)[0] = pair.Volume;
                appender.FillString(2, "x");
                appender.Append(1);
                appender.Close();
            }

            using var result = _connection.Query("SELECT price, volume FROM numbers");
            var chunk = result.FetchChunk()!;
            return chunk.RowCount == 1 && chunk.Int64(0)[0] == pair.Price && chunk.HugeInt(1)[0] == pair.Volume;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("BTC/USD")]
    [InlineData("12345678901")]
    [InlineData("123456789012")]
    [InlineData("1234567890123")]
    [InlineData("zwölf Zeichen")]
    [InlineData("₿itcoin/🦑")]
    [InlineData("zero \0 inside")]
    [InlineData("a text that is much longer than what fits into the sixteen bytes of a cell")]
    public void Text_comes_back_bound_and_appended(string text)
    {
        _connection.Execute("CREATE TABLE texts(text VARCHAR, again VARCHAR)");
        using (var appender = _connection.CreateAppender("texts"))
        {
            appender.SetString(0, 0, text);
            appender.SetString(0, 1, "another");
            appender.FillString(1, text);
            appender.Append(2);
            appender.Close();
        }

        using var statement = _connection.Prepare("SELECT $1, text, again FROM texts WHERE text = $1 AND again = $1");
        using var result = statement.Bind(1, text).Query();

        var chunk = result.FetchChunk().ShouldNotBeNull();
        chunk.RowCount.ShouldBe(1);
        chunk.GetString(0, 0).ShouldBe(text);
        chunk.GetString(1, 0).ShouldBe(text);
        chunk.GetString(2, 0).ShouldBe(text);
        chunk.Utf8(2, 0).ToArray().ShouldBe(System.Text.Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public void Bytes_come_back()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        using var statement = _connection.Prepare("SELECT $1, $2");
        statement.BindBlob(1, bytes).BindBlob(2, []);

        using var result = statement.Query();

        var chunk = result.FetchChunk().ShouldNotBeNull();
        chunk.Utf8(0, 0).ToArray().ShouldBe(bytes);
        chunk.Utf8(1, 0).Length.ShouldBe(0);
        chunk.IsValid(1, 0).ShouldBeTrue();
    }

    [Fact]
    public void A_bound_null_is_null()
    {
        using var statement = _connection.Prepare("SELECT $1::BIGINT");
        using var result = statement.BindNull(1).Query();

        var chunk = result.FetchChunk().ShouldNotBeNull();
        chunk.IsValid(0, 0).ShouldBeFalse();
        chunk.AllValid(0).ShouldBeFalse();
    }

    [Fact]
    public void Any_pattern_of_nulls_comes_back()
    {
        _connection.Execute("CREATE TABLE sparse(row BIGINT, value BIGINT, none DECIMAL(28,10))");
        const int RowCount = 5_000;

        Prop.ForAll(Arb.From(Gen.Choose(0, RowCount - 1).ListOf()), picks =>
        {
            var nulls = picks.ToHashSet();
            _connection.Execute("DELETE FROM sparse");
            using (var appender = _connection.CreateAppender("sparse"))
            {
                for (var start = 0; start < RowCount; start += appender.Capacity)
                {
                    var count = Math.Min(appender.Capacity, RowCount - start);
                    for (var i = 0; i < count; i++)
                    {
                        appender.Int64(0)[i] = start + i;
                        appender.Int64(1)[i] = start + i;
                        if (nulls.Contains(start + i))
                            appender.SetNull(1, i);
                    }

                    appender.SetAllNull(2);
                    appender.Append(count);
                }

                appender.Close();
            }

            using var result = _connection.Query("SELECT row, value, none FROM sparse ORDER BY row");
            var next = 0;
            while (result.FetchChunk() is { } chunk)
            {
                chunk.AllValid(0).ShouldBeTrue();
                chunk.AllValid(1).ShouldBe(!Enumerable.Range(next, chunk.RowCount).Any(nulls.Contains));
                for (var i = 0; i < chunk.RowCount; i++, next++)
                {
                    chunk.Int64(0)[i].ShouldBe(next);
                    chunk.IsValid(1, i).ShouldBe(!nulls.Contains(next));
                    chunk.IsValid(2, i).ShouldBeFalse();
                    if (!nulls.Contains(next))
                        chunk.Int64(1)[i].ShouldBe(next);
                }
            }

            next.ShouldBe(RowCount);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Many_chunks_come_in_order()
    {
        using var result = _connection.Query("SELECT range FROM range(10000)");

        long next = 0;
        while (result.FetchChunk() is { } chunk)
        {
            foreach (var value in chunk.Int64(0))
                value.ShouldBe(next++);
        }

        next.ShouldBe(10_000);
    }

    [Fact]
    public void A_statement_runs_again_with_other_values()
    {
        _connection.Execute("CREATE TABLE twice(value INTEGER)");
        using var insert = _connection.Prepare("INSERT INTO twice VALUES ($1), ($1 + 1)");

        insert.Bind(1, 10).Execute().ShouldBe(2);
        insert.Bind(1, 20).Execute().ShouldBe(2);

        _connection.Execute("UPDATE twice SET value = 0 WHERE value > 10").ShouldBe(3);
    }

    [Fact]
    public void A_column_read_with_another_width_is_refused()
    {
        using var result = _connection.Query("SELECT 1::BIGINT AS id");
        var chunk = result.FetchChunk().ShouldNotBeNull();

        var exception = Should.Throw<InvalidOperationException>(() => chunk.HugeInt(0));

        exception.Message.ShouldContain("id");
        exception.Message.ShouldContain("8 bytes");
    }

    [Fact]
    public void A_chunk_is_empty_after_the_next_one_was_fetched()
    {
        using var result = _connection.Query("SELECT 1::BIGINT");
        var chunk = result.FetchChunk().ShouldNotBeNull();

        result.FetchChunk().ShouldBeNull();

        chunk.RowCount.ShouldBe(0);
        chunk.Int64(0).Length.ShouldBe(0);
    }
}
