using KrakenDb.Tests.Books;
using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Storage;
using Npgsql;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>The eight continuous aggregates: always what the minutes say, whatever was written, killed, compressed or dropped in between.</summary>
public sealed class RollupTests : IAsyncLifetime
{
    private const string Symbol = StoreFile.Symbol;

    // A Thursday: the present week is half over.
    private static readonly DateTimeOffset Now = new(2024, 2, 15, 10, 7, 30, TimeSpan.Zero);

    private readonly ManualClock _clock = new(Now);
    private readonly InMemoryMarketStore _oracle = new();
    private TestDatabase _database = null!;
    private IMarketStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateTimescaleAsync();
        _store = await _database.OpenAtAsync(_clock);
    }

    public async ValueTask DisposeAsync()
    {
        await (_store?.DisposeAsync() ?? default);
        await (_database?.DisposeAsync() ?? default);
    }

    [Fact]
    public async Task Everything_of_the_community_edition_is_on()
    {
        var status = await _store.GetStatusAsync();

        status.Engine.ShouldBe("TimescaleDB");
        status.Features.ShouldAllBe(feature => feature.IsOn);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name IN ('candles', 'trades', 'external_indicators')")).ShouldBe(3);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.continuous_aggregates WHERE NOT materialized_only AND view_name LIKE 'candles%'")).ShouldBe(8);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate'")).ShouldBe(8);
        (await _database.ScalarAsync<string>("SELECT string_agg(hypertable_name, ' ' ORDER BY hypertable_name) FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"))
            .ShouldBe("candles kraken_orderbook_entries kraken_orderbook_messages trades");
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'")).ShouldBe(0);
    }

    [Fact]
    public async Task Rollups_are_the_oracles_before_and_after_a_refresh()
    {
        await WriteAsync(Hostile(0, 60_000));
        await CompareAsync();
        (await PendingAsync()).ShouldBe(1);

        await _store.RefreshRollupsAsync(range: null, default);

        (await PendingAsync()).ShouldBe(0);
        await CompareAsync();
    }

    [Fact]
    public async Task Imported_history_is_in_all_eight_views_right_after_the_refresh()
    {
        await WriteAsync(Enumerable.Range(0, 30 * 1440).Select(minute => Rows.Candle(minute)).ToList());

        await _store.RefreshRollupsAsync(range: null, default);

        foreach (var interval in Interval.Rollups)
        {
            var from = UnixTime.ToDateTimeOffset(interval.Floor(UnixTime.Microseconds(Rows.Start)));
            (await _database.ScalarAsync<long>($"SELECT count(*) FROM candles_{interval}")).ShouldBe((long)Math.Ceiling((Rows.Start.AddDays(30) - from) / interval.Duration), customMessage: interval.ToString());
        }
    }

    [Fact]
    public async Task A_kill_between_commit_and_refresh_is_made_good_by_the_next_refresh()
    {
        await WriteAsync(Hostile(0, 20_000));
        await _store.RefreshRollupsAsync(range: null, default);
        await WriteAsync(Hostile(5_000, 9_000, open: 500));
        await _store.DisposeAsync();

        _store = await _database.OpenAtAsync(_clock);
        await CompareAsync();
        (await PendingAsync()).ShouldBe(1);
        await _store.RefreshRollupsAsync(range: null, default);

        (await PendingAsync()).ShouldBe(0);
        await CompareAsync();
    }

    [Fact]
    public async Task The_open_day_and_week_are_never_frozen()
    {
        var last = (int)(Now - Rows.Start).TotalMinutes;
        await WriteAsync(Enumerable.Range(last - 20_000, 20_000).Select(minute => Rows.Candle(minute)).ToList());
        await _store.RefreshRollupsAsync(range: null, default);
        await WriteAsync(Enumerable.Range(last, 60).Select(minute => Rows.Candle(minute, 99)).ToList());
        _clock.Advance(TimeSpan.FromHours(1));
        await _store.RefreshRollupsAsync(range: null, default);

        await CompareAsync();
        (await _database.ScalarAsync<decimal>("SELECT close FROM candles_1w ORDER BY timestamp DESC LIMIT 1")).ShouldBe(99m);
    }

    [Fact]
    public async Task Late_rows_in_compressed_chunks_are_merged_and_refreshed()
    {
        await WriteAsync(Hostile(0, 40_000));
        await _store.RefreshRollupsAsync(range: null, default);
        await _database.ExecuteAsync("SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('candles') chunk");

        await WriteAsync(Hostile(1_000, 39_000, open: 300, step: 7));
        await WriteAsync(Hostile(100, 39_900));
        await CompareAsync();
        await _store.RefreshRollupsAsync(range: null, default);

        await CompareAsync();
        await CompareRowsAsync();
    }

    [Fact]
    public async Task A_statement_may_touch_more_compressed_rows_than_the_servers_default()
    {
        var rows = Enumerable.Range(-200_000, 150_000).Select(minute => Rows.Candle(minute)).ToList();
        await WriteAsync(rows);
        await _database.ExecuteAsync("SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('candles') chunk");

        var receipt = await _store.WriteAsync(Rows.Write(Symbol, 1, rows.Select(row => row with { TradeCount = 9 })), default);

        receipt.ShouldBe(new StoreReceipt { CandlesConflicting = 150_000 });
    }

    [Fact]
    public async Task Aggregates_of_dropped_minutes_stay_whatever_is_refreshed_later()
    {
        await WriteAsync(Enumerable.Range(0, 30 * 1440).Select(minute => Rows.Candle(minute)).ToList());
        await _store.RefreshRollupsAsync(range: null, default);

        // What retention does: rows dropped and coverage expired in one transaction. The edge lies inside a day and a week.
        await _database.ExecuteAsync(
            """
            BEGIN;
            DELETE FROM candles WHERE timestamp < '2024-01-12 07:00+00';
            DELETE FROM data_coverage WHERE data_type = 'candles_1m';
            INSERT INTO data_coverage VALUES ('BTC/USD', 'candles_1m', '2024-01-01 00:00+00', '2024-01-12 07:00+00', 20, 1, NULL, NULL);
            COMMIT;
            """);
        await _store.RefreshRollupsAsync(new TimeRange(Rows.Start.AddYears(-1), Now), default);

        foreach (var interval in Interval.Rollups)
        {
            (await _database.ScalarAsync<decimal>($"SELECT sum(volume) FROM candles_{interval}")).ShouldBe(30 * 1440, customMessage: interval.ToString());
        }
    }

    [Fact]
    public async Task A_year_is_in_all_eight_views_after_the_import_and_still_there_when_its_minutes_went_and_later_ingestions_refreshed()
    {
        const int days = 364;
        var first = -days * 1440;
        for (var at = first; at < 0; at += 52 * 1440)
        {
            await _store.WriteAsync(Rows.Write(Symbol, 1, Enumerable.Range(at, 52 * 1440).Select(minute => Rows.Candle(minute, 100 + ((minute - first) % 50))), Rows.Covered(at, at + (52 * 1440))), default);
        }

        await _store.RefreshRollupsAsync(range: null, default);
        var before = await SumsAsync();
        before.ShouldAllBe(row => row.EndsWith($" {days * 1440:0.0000000000}", StringComparison.Ordinal));

        await _store.SetRetentionAsync(DataType.Candles(1), 90, default);
        (await RetentionRun.RunAsync(_store, Now, CaptureText.Wire, default)).ShouldHaveSingleItem();
        (await SumsAsync()).ShouldBe(before);
        (await _store.WriteAsync(Rows.Write(Symbol, 1, Enumerable.Range(-1_000, 900).Select(minute => Rows.Candle(minute, 100, volume: 2, source: CandleSource.RestOhlc))), default)).CandlesConflicting.ShouldBe(900);
        await _store.RefreshRollupsAsync(range: null, default);
        await _store.RefreshRollupsAsync(new TimeRange(Now.AddYears(-3), Now), default);

        // Each view has the late rows, once, and all that was there before.
        foreach (var interval in Interval.Rollups)
        {
            (await _database.ScalarAsync<decimal>($"SELECT sum(volume) FROM candles_{interval}")).ShouldBe((days * 1440) + 900, customMessage: interval.ToString());
            var provider = new HistoricalDataProvider(_store, _clock);
            (await provider.GetCandlesAsync(Symbol, interval, Rows.Start.AddDays(-days), Now)).Sum(candle => candle.Volume).ShouldBe((days * 1440) + 900, customMessage: interval.ToString());
        }
    }

    [Fact]
    public async Task The_servers_job_does_what_the_command_does()
    {
        await WriteAsync(Hostile(0, 40_000));
        await _store.RefreshRollupsAsync(range: null, default);
        (await JobsAsync()).ShouldBe(0);
        await _store.SetRetentionAsync(DataType.Candles(1), 14, default);
        await _store.SetRetentionAsync(DataType.Trades, 14, default);
        (await JobsAsync()).ShouldBe(1);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention'")).ShouldBe(0);
        await ((IMarketStore)_oracle).SetRetentionAsync(DataType.Candles(1), 14, default);
        await RetentionRun.RunAsync(_oracle, Now, CaptureText.Wire, default);

        await _database.ExecuteAsync($$"""CALL krakendb_retention(0, '{"now": "{{Now:O}}"}')""");

        (await StoreContent.ReadAsync(_store, withHistory: false, Symbol)).ShouldBe(await StoreContent.ReadAsync(_oracle, withHistory: false, Symbol));
        (await RetentionRun.RunAsync(_store, Now, CaptureText.Wire, default)).ShouldBeEmpty();
        await _store.SetRetentionAsync(DataType.Candles(1), keepDays: null, default);
        await _store.SetRetentionAsync(DataType.Trades, keepDays: null, default);
        (await JobsAsync()).ShouldBe(0);

        Task<long> JobsAsync() => _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'krakendb_retention'");
    }

    [Fact]
    public async Task The_views_own_policies_never_look_back_past_the_minutes()
    {
        await _store.SetRetentionAsync(DataType.Candles(1), 20, default);

        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate' AND (config ->> 'start_offset')::interval > INTERVAL '20 days'")).ShouldBe(0);
        (await _database.ScalarAsync<long>("SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate'")).ShouldBe(7);
    }

    [Fact]
    public async Task Rows_in_compressed_chunks_go_like_others()
    {
        await WriteAsync(Hostile(0, 40_000));
        await _store.RefreshRollupsAsync(range: null, default);
        await _database.ExecuteAsync("SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('candles') chunk");
        foreach (var store in new[] { _store, _oracle })
        {
            await store.SetRetentionAsync(DataType.Candles(1), 14, default);
            (await RetentionRun.RunAsync(store, Now, CaptureText.Wire, default)).ShouldHaveSingleItem();
        }

        (await StoreContent.ReadAsync(_store, withHistory: false, Symbol)).ShouldBe(await StoreContent.ReadAsync(_oracle, withHistory: false, Symbol));
    }

    private async Task<List<string>> SumsAsync()
    {
        var sums = new List<string>();
        foreach (var interval in Interval.Rollups)
        {
            sums.Add(await _database.ScalarAsync<string>($"SELECT '{interval} ' || count(*) || ' ' || min(timestamp) || ' ' || sum(volume) FROM candles_{interval}"));
        }

        return sums;
    }

    [Fact]
    public async Task A_refresh_beside_another_refresh_is_repeated()
    {
        await WriteAsync(Hostile(0, 30_000));
        await using var other = await _database.OpenAtAsync(_clock);

        await Task.WhenAll(
            Task.Run(() => _store.RefreshRollupsAsync(new TimeRange(Rows.Start, Now), default)),
            Task.Run(() => other.RefreshRollupsAsync(new TimeRange(Rows.Start, Now), default)),
            Task.Run(async () =>
            {
                foreach (var interval in Interval.Rollups)
                {
                    try
                    {
                        await _database.ExecuteAsync($"CALL refresh_continuous_aggregate('candles_{interval}', '2023-12-25', '2024-02-12')");
                    }
                    catch (PostgresException exception) when (exception.MessageText.Contains("concurrent refresh", StringComparison.Ordinal))
                    {
                        // This is the other side of what is tested.
                    }
                }
            }));

        (await PendingAsync()).ShouldBe(0);
        await CompareAsync();
    }

    // Holes, minutes without volume, value or average, sources that differ.
    private static List<CandleRow> Hostile(int from, int to, decimal open = 100, int step = 1) =>
    [
        .. Enumerable.Range(from, to - from).Where(minute => minute % 11 != 3 && minute % 1500 > 90 && minute % step == 0).Select(minute => (minute % 5) switch
        {
            0 => Rows.Candle(minute, open + (minute % 13), volume: 0, count: 0),
            1 => Rows.Candle(minute, open + (minute % 13), high: open + 20, low: 1, volume: 3.1m, vwap: open + 1.1235m, count: 4),
            2 => Rows.Candle(minute, open + (minute % 17), volume: 0.0000000001m * (minute + 1), quoteVolume: 0.0000000003m, vwap: open, count: minute, source: CandleSource.TimeAndSales),
            3 => Rows.Candle(minute, open + (minute % 7), volume: 123_456_789_012.123456789m, count: 2),
            _ => Rows.Candle(minute, open, volume: 2, quoteVolume: 2 * open, vwap: open, source: CandleSource.RestOhlc),
        }),
    ];

    private async Task WriteAsync(List<CandleRow> rows)
    {
        var write = Rows.Write(Symbol, 1, rows, Rows.Covered(0, 1));
        (await _store.WriteAsync(write, default)).ShouldBe(await ((IMarketStore)_oracle).WriteAsync(write, default));
    }

    private async Task CompareAsync()
    {
        foreach (var interval in Interval.Rollups.Append(new Interval(3)).Append(new Interval(120)))
        {
            var range = new TimeRange(interval.Floor(Rows.Start.AddYears(-1)), interval.Ceiling(Now.AddDays(10)));
            using var stored = await _store.ReadCandlesAsync(Symbol, 1, interval, range, default);
            using var expected = await ((IMarketReader)_oracle).ReadCandlesAsync(Symbol, 1, interval, range, default);
            var difference = stored.Rows().Zip(expected.Rows()).FirstOrDefault(pair => pair.First != pair.Second);
            difference.First.ShouldBe(difference.Second, customMessage: interval.ToString());
            stored.Count.ShouldBe(expected.Count, customMessage: interval.ToString());
        }
    }

    private async Task CompareRowsAsync()
    {
        var range = new TimeRange(Rows.Start.AddYears(-1), Now.AddYears(1));
        using var stored = await _store.ReadCandlesAsync(Symbol, 1, 1, range, default);
        using var expected = await ((IMarketReader)_oracle).ReadCandlesAsync(Symbol, 1, 1, range, default);
        stored.Rows().SequenceEqual(expected.Rows()).ShouldBeTrue();
    }

    private Task<long> PendingAsync() => _database.ScalarAsync<long>("SELECT count(*) FROM pending_refresh");
}
