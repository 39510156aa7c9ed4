using System.Runtime.CompilerServices;
using KrakenDb.DuckDb;
using KrakenDb.DuckDb.Native;
using KrakenDb.Tests.Storage;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.DuckDb;

public sealed class ParquetFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["it's.parquet"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Candles_come_back_with_every_digit()
    {
        Candle[] candles =
        [
            Candle(0) with { Open = 0.0000000001m, High = 99_999_999.9999999999m, Volume = 999_999_999_999_999_999.9999999999m, QuoteVolume = 0.0000000001m, TradeCount = long.MaxValue, Vwap = 12_345_678.9012345678m },
            Candle(1) with { Complete = false, Volume = 0, TradeCount = 0 },
            Candle(2) with { Symbol = "A SYMBOL LONGER THAN TWELVE BYTES/é", Interval = 43200 },
        ];

        (await ParquetFile.WriteCandlesAsync(Target, Stream(candles))).ShouldBe(3);

        Read().ShouldBe(candles);
        Columns().ShouldBe(
        [
            "symbol VARCHAR", "timestamp TIMESTAMP", "interval_minutes INTEGER", "open DECIMAL(18,10)", "high DECIMAL(18,10)", "low DECIMAL(18,10)", "close DECIMAL(18,10)",
            "volume DECIMAL(28,10)", "quote_volume DECIMAL(28,10)", "trade_count BIGINT", "vwap DECIMAL(18,10)", "complete BOOLEAN",
        ]);
        NothingElse();
    }

    [Fact]
    public async Task Many_candles_stay_in_order_and_nulls_in_their_rows()
    {
        var candles = Enumerable.Range(0, 300_000).Select(minute => Candle(minute) with { Vwap = minute % 3 == 0 ? 100.5m : null, QuoteVolume = minute % 2 == 0 ? minute : null });

        (await ParquetFile.WriteCandlesAsync(Target, Stream(candles))).ShouldBe(300_000);

        Read().SequenceEqual(candles).ShouldBeTrue();
    }

    [Fact]
    public async Task No_candles_make_a_file_without_rows()
    {
        (await ParquetFile.WriteCandlesAsync(Target, Stream([]))).ShouldBe(0);

        Read().ShouldBeEmpty();
        Columns().Count.ShouldBe(12);
    }

    [Fact]
    public async Task A_file_that_exists_is_replaced_when_the_new_one_is_whole_and_not_before()
    {
        await File.WriteAllTextAsync(Target, "old");
        await Should.ThrowAsync<InvalidDataException>(() => ParquetFile.WriteCandlesAsync(Target, Stream([Candle(0)], failure: new InvalidDataException("the source broke"))));
        (await File.ReadAllTextAsync(Target)).ShouldBe("old");
        NothingElse();

        await ParquetFile.WriteCandlesAsync(Target, Stream([Candle(0)]));

        Read().ShouldBe([Candle(0)]);
        NothingElse();
    }

    [Fact]
    public async Task A_cancelled_export_leaves_the_old_file()
    {
        await File.WriteAllTextAsync(Target, "old");
        using var cancelled = new CancellationTokenSource();

        await Should.ThrowAsync<OperationCanceledException>(() => ParquetFile.WriteCandlesAsync(Target, Cancelling(), cancelled.Token));

        (await File.ReadAllTextAsync(Target)).ShouldBe("old");
        NothingElse();

        async IAsyncEnumerable<Candle> Cancelling()
        {
            for (var minute = 0; ; minute++)
            {
                if (minute == 10_000)
                {
                    await cancelled.CancelAsync();
                }

                yield return Candle(minute);
            }
        }
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named()
    {
        var error = await Should.ThrowAsync<MarketStoreException>(() => ParquetFile.WriteCandlesAsync(_folder["none/a.parquet"], Stream([Candle(0)])));

        error.Message.ShouldContain($"no folder {_folder["none"]}");
    }

    [Fact]
    public async Task A_folder_as_target_is_refused()
    {
        (await Should.ThrowAsync<MarketStoreException>(() => ParquetFile.WriteCandlesAsync(_folder.Path, Stream([])))).Message.ShouldContain("is a folder");
    }

    [Fact]
    public async Task A_value_beyond_the_limits_is_named_with_its_candle()
    {
        var error = await Should.ThrowAsync<MarketStoreException>(() => ParquetFile.WriteCandlesAsync(Target, Stream([Candle(0), Candle(1) with { Volume = 1_000_000_000_000_000_000m }])));

        error.Message.ShouldContain("2024-01-01 00:01:00Z");
        error.Message.ShouldContain("10^18");
        File.Exists(Target).ShouldBeFalse();
        NothingElse();
    }

    private static Candle Candle(int minute) => new()
    {
        Symbol = "BTC/USD",
        Timestamp = Rows.Start.AddMinutes(minute),
        Interval = 1,
        Open = 100,
        High = 110,
        Low = 90,
        Close = 105.25m,
        Volume = 1.5m,
        TradeCount = minute,
        Complete = true,
    };

    private static async IAsyncEnumerable<Candle> Stream(IEnumerable<Candle> candles, Exception? failure = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var candle in candles)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return candle;
        }

        await Task.Yield();
        if (failure is not null)
        {
            throw failure;
        }
    }

    private void NothingElse() => Directory.GetFileSystemEntries(_folder.Path).Where(name => !string.Equals(name, Target, StringComparison.Ordinal)).ShouldBeEmpty();

    private List<string> Columns()
    {
        var columns = new List<string>();
        Query("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM read_parquet('{0}'))", (chunk, row) => columns.Add(chunk.GetString(0, row)));
        return columns;
    }

    private List<Candle> Read()
    {
        var candles = new List<Candle>();
        Query("SELECT * FROM read_parquet('{0}')", (chunk, row) => candles.Add(new Candle
        {
            Symbol = chunk.GetString(0, row),
            Timestamp = UnixTime.ToDateTimeOffset(chunk.Int64(1)[row]),
            Interval = chunk.Int32(2)[row],
            Open = FixedPoint.ToDecimal(chunk.Int64(3)[row]),
            High = FixedPoint.ToDecimal(chunk.Int64(4)[row]),
            Low = FixedPoint.ToDecimal(chunk.Int64(5)[row]),
            Close = FixedPoint.ToDecimal(chunk.Int64(6)[row]),
            Volume = FixedPoint.ToDecimal(chunk.HugeInt(7)[row]),
            QuoteVolume = chunk.IsValid(8, row) ? FixedPoint.ToDecimal(chunk.HugeInt(8)[row]) : null,
            TradeCount = chunk.Int64(9)[row],
            Vwap = chunk.IsValid(10, row) ? FixedPoint.ToDecimal(chunk.Int64(10)[row]) : null,
            Complete = chunk.Boolean(11, row),
        }));
        return candles;
    }

    private void Query(string sql, Action<DuckDbChunk, int> read)
    {
        using var database = DuckDbDatabase.Open(":memory:", new Dictionary<string, string>(StringComparer.Ordinal));
        using var connection = database.Connect();
        using var result = connection.Query(sql.Replace("{0}", Target.Replace("'", "''", StringComparison.Ordinal), StringComparison.Ordinal));
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                read(chunk, row);
            }
        }
    }
}
