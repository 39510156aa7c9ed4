using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>Any interleaving of writes, of retention and of reopenings leaves the same rows, coverage and rollups on the oracle and on an engine.</summary>
public abstract class StoreInterleavingContract
{

    private static readonly string[] Symbols = ["BTC/USD", "ETH/USD"];
    private static readonly Interval[] Stored = [1, 5, 60];

    // Some minutes before a Monday.
    private const int WeekEnd = 10_060;

    // Grades come with their sources: ids belong to proven ranges alone.
    private static readonly (CandleSource Source, CoverageGrade Grade)[] Origins =
    [
        (CandleSource.WebSocketOhlc, CoverageGrade.Claimed), (CandleSource.OhlcvtCsv, CoverageGrade.Claimed), (CandleSource.TimeAndSales, CoverageGrade.Claimed),
        (CandleSource.RestOhlc, CoverageGrade.Claimed), (CandleSource.ProvenTrades, CoverageGrade.Proven),
    ];

    [Fact]
    public void Each_write_and_each_reopening_leaves_what_the_oracle_has() =>
        Prop.ForAll(Steps(), steps => Run(() => CompareStepByStepAsync(steps))).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Fact]
    public void Order_and_batching_of_the_writes_do_not_matter() =>
        Prop.ForAll(Steps(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (steps, seed) => Run(() => CompareShuffledAsync(steps, seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Fact]
    public void Rollups_of_any_bucket_and_range_are_the_oracles() =>
        Prop.ForAll(Candles().NonEmptyListOf().ToArbitrary(), Reads().ListOf(20).ToArbitrary(), (writes, reads) => Run(() => CompareRollupsAsync(writes, reads)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    /// <summary>How many random cases are tried.</summary>
    private protected abstract int Cases { get; }

    /// <summary>An empty place for a store of one case's own.</summary>
    private protected abstract Task<IStorePlace> CreatePlaceAsync();

    private async Task CompareStepByStepAsync(Step[] steps)
    {
        await using var place = await CreatePlaceAsync();
        var clock = new ManualClock(Rows.Start.AddDays(16));
        await using var oracle = new InMemoryMarketStore(clock);
        var store = await place.OpenAsync(clock);
        try
        {
            foreach (var step in steps)
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                if (step.Write is { } write)
                {
                    (await store.WriteAsync(write, default)).ShouldBe(await ((IMarketStore)oracle).WriteAsync(write, default));
                }
                else if (step.Keeps is { } policy)
                {
                    foreach (var kept in new[] { store, oracle })
                    {
                        await kept.SetRetentionAsync(policy.DataType, policy.KeepDays, default);
                    }

                    (await RetentionRun.RunAsync(store, clock.GetUtcNow(), CaptureText.Wire, default)).ShouldBe(await RetentionRun.RunAsync(oracle, clock.GetUtcNow(), CaptureText.Wire, default));
                }
                else if (step.Compacts)
                {
                    await store.CompactAsync();
                }
                else
                {
                    await store.DisposeAsync();
                    store = await place.OpenAsync(clock);
                }
            }

            (await StoreContent.ReadAsync(store, withHistory: true, Symbols)).ShouldBe(await StoreContent.ReadAsync(oracle, withHistory: true, Symbols));
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    private async Task CompareShuffledAsync(Step[] steps, int seed)
    {
        await using var place = await CreatePlaceAsync();
        var random = new Random(seed);
        var writes = steps.Select(step => step.Write).OfType<StoreWrite>().ToArray();
        var pieces = writes.SelectMany(write => Pieces(write, random)).ToArray();
        random.Shuffle(pieces);
        await using var oracle = new InMemoryMarketStore();
        await using var store = await place.OpenAsync(TimeProvider.System);

        foreach (var write in writes)
        {
            await ((IMarketStore)oracle).WriteAsync(write, default);
        }

        foreach (var piece in pieces)
        {
            await store.WriteAsync(piece, default);
        }

        (await StoreContent.ReadAsync(store, withHistory: false, Symbols)).ShouldBe(await StoreContent.ReadAsync(oracle, withHistory: false, Symbols));
    }

    private async Task CompareRollupsAsync(List<StoreWrite> writes, List<Read> reads)
    {
        await using var place = await CreatePlaceAsync();
        IMarketStore oracle = new InMemoryMarketStore();
        var store = await place.OpenAsync(TimeProvider.System);
        await using (store)
        {
            foreach (var write in writes)
            {
                await oracle.WriteAsync(write, default);
                await store.WriteAsync(write, default);
            }

            foreach (var read in reads)
            {
                using var expected = await oracle.ReadCandlesAsync(Symbols[0], read.Stored, read.Bucket, read.Range, default);
                using var found = await store.ReadCandlesAsync(Symbols[0], read.Stored, read.Bucket, read.Range, default);
                found.Rows().ShouldBe(expected.Rows(), $"{read}");
            }
        }
    }

    // The same rows and ranges in smaller writes, the rows cut anywhere.
    private static IEnumerable<StoreWrite> Pieces(StoreWrite write, Random random)
    {
        var rest = write with { Candles = null, Trades = null, Covered = [] };
        yield return rest;
        foreach (var covered in write.Covered)
        {
            yield return rest with { Covered = [covered] };
        }

        foreach (var rows in (write.Candles?.Rows() ?? []).GroupBy(_ => random.Next(3)))
        {
            yield return rest with { Candles = CandleBatch.FromRows([.. rows]) };
        }

        foreach (var rows in (write.Trades?.Rows() ?? []).GroupBy(_ => random.Next(3)))
        {
            yield return rest with { Trades = TradeBatch.FromRows([.. rows]) };
        }
    }

    private static bool Run(Func<Task> test)
    {
        Task.Run(test).GetAwaiter().GetResult();
        return true;
    }

    private static Arbitrary<Step[]> Steps()
    {
        var step = Gen.Frequency(
            (6, Candles().Select(write => new Step(write, Compacts: false))),
            (4, Trades().Select(write => new Step(write, Compacts: false))),
            (2, Marks().Select(write => new Step(write, Compacts: false))),
            (2, Policies().Select(policy => new Step(Write: null, Compacts: false) { Keeps = policy })),
            (2, Gen.Constant(new Step(Write: null, Compacts: false))),
            (1, Gen.Constant(new Step(Write: null, Compacts: true))));
        return Arb.From(
            Gen.Choose(1, 12).SelectMany(step.ArrayOf),
            steps => Enumerable.Range(0, steps.Length).Select(left => steps.Where((_, index) => index != left).ToArray()));
    }

    // The clock stands in the third week: of all before the second, some or nothing is older.
    private static Gen<RetentionPolicy> Policies() =>
        from dataType in Gen.Elements(DataType.Trades, DataType.Candles(1), DataType.Candles(1), DataType.Candles(5), DataType.Candles(60), DataType.Candles(Interval.Week))
        from days in Gen.Elements(1, 8, 20)
        select new RetentionPolicy(dataType, days);

    private static Gen<StoreWrite> Candles() =>
        from symbol in Gen.Elements(Symbols)
        from interval in Gen.Elements(Stored)
        from rows in Candle(interval).ListOf()
        from covered in Covered(withIds: false).ListOf(2)
        select new StoreWrite
        {
            Symbol = symbol,
            CandleInterval = interval,
            Candles = CandleBatch.FromRows([.. rows.DistinctBy(row => row.Timestamp).OrderBy(row => row.Timestamp)]),
            Covered = [.. covered.Select(range => (DataType.Candles(interval), range))],
            AllowExpiring = true,
        };

    private static Gen<CandleRow> Candle(Interval interval) =>
        from index in Gen.Choose(0, 40)
        from week in Gen.Elements(0, 0, WeekEnd)
        from source in Gen.Elements(Enum.GetValues<CandleSource>())
        from open in Gen.Elements(100m, 100.5m, 0.0000000001m, 99_999_999.9999999999m)
        from close in Gen.Elements(100m, 101m)
        from volume in Gen.Elements(0m, 1m, 2.5m, 0.0000000001m, 999_999_999_999.0000000001m)
        from quoteVolume in Gen.Elements<decimal?>(null, null, 0m, volume * 100.3m)
        from vwap in Gen.Elements<decimal?>(null, null, 100.2500000001m, 99_999_999.9999999999m)
        from count in Gen.Choose(0, 2)
        select Rows.Candle((week / interval.Minutes * interval.Minutes) + (index * interval.Minutes), open, close: close, volume: volume, quoteVolume: quoteVolume, vwap: vwap, count: count, source: source);

    private static Gen<StoreWrite> Trades() =>
        from symbol in Gen.Elements(Symbols)
        from rows in Trade().ListOf()
        from covered in Covered(withIds: true).ListOf(1)
        select new StoreWrite
        {
            Symbol = symbol,
            Trades = TradeBatch.FromRows([.. rows.DistinctBy(row => row.Id).OrderBy(row => row.Id)]),
            Covered = [.. covered.Select(range => (DataType.Trades, range))],
            AllowExpiring = true,
        };

    // The clocks of two sources differ by microseconds and less.
    private static Gen<TradeRow> Trade() =>
        from id in Gen.Choose(1, 30)
        from nanoseconds in Gen.Choose(-1500, 1500)
        from price in Gen.Elements(100m, 100m, 100m, 101m)
        from side in Gen.Elements(TradeSide.Buy, TradeSide.Buy, TradeSide.Sell)
        from orderType in Gen.Elements("limit", "market", null, "a type of more than twelve bytes")
        from misc in Gen.Elements("", "", "é")
        select Rows.Trade(id, id + (nanoseconds / 1_000_000_000m), price, side: side) with { OrderType = orderType, Misc = misc };

    private static Gen<CoverageRange> Covered(bool withIds) =>
        from start in Gen.Choose(0, 40)
        from length in Gen.Choose(0, 20)
        from week in Gen.Elements(0, 0, WeekEnd)
        from origin in Gen.Elements(Origins)
        let hasIds = withIds && origin.Grade == CoverageGrade.Proven
        select Rows.Covered(week + start, week + start + length, origin.Source, origin.Grade, hasIds ? week + start + 1 : null, hasIds ? week + start + length : null);

    private static Gen<StoreWrite> Marks() =>
        from symbol in Gen.Elements(Symbols)
        from days in Gen.Choose(0, 3)
        from file in Gen.Elements("a", "b")
        from position in Gen.Choose(0, 1000)
        from isFinished in Gen.Elements(true, false)
        select new StoreWrite
        {
            Symbol = symbol,
            WantedFrom = Rows.Start.AddDays(-days),
            Cursor = isFinished ? null : new ImportCursor(file, position, $"{{\"rows\":{position}}}"),
            FinishedFile = isFinished ? file : null,
        };

    private static Gen<Read> Reads() =>
        from stored in Gen.Elements(Stored)
        from times in Gen.Choose(1, 60)
        from start in Gen.Choose(-100, 2500)
        from length in Gen.Choose(0, 2500)
        select new Read(stored, stored.Minutes * times, Rows.Minutes(start, start + length));

    /// <summary>A write, or (null) a run of retention with a new policy, or the store is compacted or opened anew.</summary>
    private sealed record Step(StoreWrite? Write, bool Compacts)
    {
        public RetentionPolicy? Keeps { get; init; }

        public override string ToString() => Write is { } write
            ? $"{write.Symbol} {write.CandleInterval} candles[{string.Join("; ", write.Candles?.Rows().Select(row => $"{row}") ?? [])}] trades[{string.Join("; ", write.Trades?.Rows().Select(row => $"{row}") ?? [])}] "
              + $"covered[{string.Join("; ", write.Covered)}] wanted {write.WantedFrom} {write.Cursor} finished {write.FinishedFile}\n"
            : Keeps is { } policy ? $"keep {policy}\n"
            : Compacts ? "compact\n" : "reopen\n";
    }

    private sealed record Read(Interval Stored, Interval Bucket, TimeRange Range);
}
