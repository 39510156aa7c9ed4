using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>
/// Checks what is stored of a symbol against itself and, where a source is given, against the exchange: ids of trades, candles against trades, rollups against
/// minutes, coverage against rows. Reads in bounded pieces.
/// </summary>
/// <param name="store">Not changed, except by <see cref="RepairAsync"/>.</param>
/// <param name="candles">For a fresh OHLC reply; null to leave that check out.</param>
/// <param name="timeProvider">Null for the system's.</param>
public sealed class StoreVerifier(IMarketStore store, ICandleSource? candles = null, TimeProvider? timeProvider = null)
{
    private const int TradesPerRead = 20_000;

    // The largest rollup: a window holds whole buckets of all eight, and each is asked for once per window.
    private static readonly Interval Window = Interval.Week;

    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    /// <param name="symbol">As stored: <c>BTC/USD</c>.</param>
    /// <param name="cancellationToken"></param>
    public async Task<VerificationReport> VerifyAsync(string symbol, CancellationToken cancellationToken = default)
    {
        var findings = new VerificationFindings();
        var trades = await store.GetCoverageAsync(symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var minutes = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        var absent = await store.GetAbsentTradeIdsAsync(symbol, cancellationToken).ConfigureAwait(false);
        var (counted, missing) = await CheckIdsAsync(symbol, trades, absent, findings, cancellationToken).ConfigureAwait(false);
        var compared = await CheckCandlesAsync(symbol, trades, minutes, findings, cancellationToken).ConfigureAwait(false);
        var ohlcError = await CheckOhlcAsync(symbol, minutes, findings, cancellationToken).ConfigureAwait(false);
        var gaps = await GapsAsync(symbol, minutes, cancellationToken).ConfigureAwait(false);
        var stored = minutes.Where(range => range.Grade != CoverageGrade.Expired).ToList();
        var verdict = findings.List.Count > 0 ? Verdict.Damaged
            : stored.Count > 0 && stored.TrueForAll(range => range.Grade == CoverageGrade.Proven) ? Verdict.Proven
            : Verdict.Claimed;
        return new VerificationReport
        {
            Symbol = symbol,
            Verdict = verdict,
            Trades = counted,
            Candles = compared,
            MissingIds = missing,
            AbsentIds = [.. absent.Where(ids => ids.Confirmed).Select(ids => new TradeIdRange(ids.FirstId, ids.LastId))],
            Findings = findings.List,
            OhlcError = ohlcError,
            Gaps = gaps,
        };
    }

    /// <summary>
    /// Fetches trades that are missing: around missing ids, and where candles are proven and trades are not. Then builds every candle of proven trades again: what
    /// its trades do not make is replaced, and a candle of a minute without trades removed. Rows of trades are only added. Ids that the exchange does not show again
    /// stay missing; then candles stay as they are, because they may know more than the trades that are left.
    /// </summary>
    /// <returns>How many trades and candles were not stored before.</returns>
    /// <exception cref="MarketSourceException">The exchange did not answer; what was fetched before is stored.</exception>
    public async Task<(long Trades, long Candles)> RepairAsync(VerificationReport report, ITradeSource source, CancellationToken cancellationToken = default)
    {
        var clock = await ExchangeClock.ReadAsync(source, _timeProvider, cancellationToken).ConfigureAwait(false);
        var trades = await store.GetCoverageAsync(report.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var (inserted, built) = (0L, 0L);
        foreach (var finding in report.Findings.Where(finding => finding.Check == VerificationFindings.TradeIds))
        {
            // From a second before the hole, past it: `MissingIds` may be wider than one page.
            var wanted = report.MissingIds.Where(ids => finding.Message.Contains(VerificationFindings.Text(ids), StringComparison.Ordinal)).Select(ids => ids.Last).DefaultIfEmpty(0).Max();
            var stretch = new TradeStretch(store, source, report.Symbol, finding.Time.AddSeconds(-1), lastId: null, clock.Now, NullLogger.Instance) { BuildsCandles = false };
            FetchedPage page;
            do
            {
                page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
                inserted += page.Receipt.TradesInserted;
            }
            while (!page.IsLast && page.Trades > 0 && page.NewestId < wanted);
        }

        foreach (var gap in await UnprovenAsync(report.Symbol, trades, cancellationToken).ConfigureAwait(false))
        {
            var lastId = TradeIds.Before(trades, gap.StartMicroseconds);
            var stretch = new TradeStretch(store, source, report.Symbol, gap.Start, lastId, clock.Now, NullLogger.Instance) { BuildsCandles = false };
            FetchedPage page;
            do
            {
                page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
                inserted += page.Receipt.TradesInserted;
            }
            while (!page.IsLast && page.At is { } at && at < gap.End);
        }

        trades = await store.GetCoverageAsync(report.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var absent = await store.GetAbsentTradeIdsAsync(report.Symbol, cancellationToken).ConfigureAwait(false);
        var (_, missing) = await CheckIdsAsync(report.Symbol, trades, absent, new VerificationFindings(), cancellationToken).ConfigureAwait(false);
        if (trades.Count > 0 && missing.Count == 0)
        {
            var all = new TimeRange(trades[0].Range.StartMicroseconds, trades[trades.Count - 1].Range.EndMicroseconds);
            var receipt = await MinutesFromTrades.BuildAsync(store, report.Symbol, all, again: true, _timeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            built += receipt.CandlesInserted;
        }

        return (inserted, built);
    }

    // Where 1-minute candles are proven and trades are not.
    private async Task<List<TimeRange>> UnprovenAsync(string symbol, CoverageSet trades, CancellationToken cancellationToken)
    {
        var minutes = await store.GetCoverageAsync(symbol, DataType.Candles(Interval.Minute), cancellationToken).ConfigureAwait(false);
        var proven = CoverageSet.Of(trades.Where(range => range.Grade == CoverageGrade.Proven));
        return [.. minutes.Where(range => range.Grade == CoverageGrade.Proven).SelectMany(range => proven.Gaps(range.Range))];
    }

    private async Task<(long Trades, IReadOnlyList<TradeIdRange> Missing)> CheckIdsAsync(
        string symbol, CoverageSet coverage, IReadOnlyList<AbsentTradeIds> absent, VerificationFindings findings, CancellationToken cancellationToken)
    {
        var missing = new List<TradeIdRange>();
        long counted = 0;
        foreach (var range in coverage.Where(range => range.Grade == CoverageGrade.Proven))
        {
            long? before = range.FirstTradeId - 1;
            var time = range.Range.Start;
            await foreach (var batch in TradePages.ReadAsync(store, symbol, range.Range, TradesPerRead, cancellationToken).ConfigureAwait(false))
            {
                for (var index = 0; index < batch.Count; index++)
                {
                    Compare(before, batch.Id[index], time);
                    before = batch.Id[index];
                    time = UnixTime.ToDateTimeOffset(batch[index].TimestampMicroseconds);
                }

                counted += batch.Count;
            }

            // Nothing was traded in a quiet range: its last id lies before it.
            if (range is { LastTradeId: { } last, FirstTradeId: not null } && (before ?? 0) < last)
            {
                Compare(before, last + 1, time);
            }
        }

        return (counted, missing);

        void Compare(long? known, long id, DateTimeOffset at)
        {
            if (known is not { } previous || id <= previous + 1)
            {
                return;
            }

            var ids = new TradeIdRange(previous + 1, id - 1);
            if (!absent.Any(entry => entry.Confirmed && entry.FirstId <= ids.First && entry.LastId >= ids.Last))
            {
                missing.Add(ids);
                findings.Add(VerificationFindings.TradeIds, at, $"trades {VerificationFindings.Text(ids)} are claimed and not stored");
            }
        }
    }

    private async Task<long> CheckCandlesAsync(string symbol, CoverageSet trades, CoverageSet minutes, VerificationFindings findings, CancellationToken cancellationToken)
    {
        long compared = 0;
        foreach (var range in minutes.Where(range => range.Grade != CoverageGrade.Expired))
        {
            var start = Window.Floor(range.Range.StartMicroseconds);
            for (var at = start; at < range.Range.EndMicroseconds; at += Window.Microseconds)
            {
                var piece = new TimeRange(Math.Max(at, range.Range.StartMicroseconds), Math.Min(at + Window.Microseconds, range.Range.EndMicroseconds));
                using var stored = await store.ReadCandlesAsync(symbol, Interval.Minute, Interval.Minute, piece, cancellationToken).ConfigureAwait(false);
                compared += stored.Count;
                if (range.Grade == CoverageGrade.Proven)
                {
                    await CompareWithTradesAsync(symbol, trades, piece, stored, findings, cancellationToken).ConfigureAwait(false);
                }

                await CompareRollupsAsync(symbol, piece, stored, findings, cancellationToken).ConfigureAwait(false);
            }
        }

        return compared;
    }

    private async Task CompareWithTradesAsync(string symbol, CoverageSet trades, TimeRange piece, CandleBatch stored, VerificationFindings findings, CancellationToken cancellationToken)
    {
        if (trades.Overlapping(piece.StartMicroseconds, piece.EndMicroseconds).Any(range => range.Grade == CoverageGrade.Expired))
        {
            // The trades went by retention; their candles stay and cannot be checked any more.
            return;
        }

        if (!CoverageSet.Of(trades.Where(range => range.Grade == CoverageGrade.Proven)).Covers(piece))
        {
            findings.Add(VerificationFindings.Coverage, piece.Start, $"candles are proven in {piece} and trades are not");
            return;
        }

        var expected = new SortedDictionary<long, MinuteBuilder>();
        await foreach (var batch in TradePages.ReadAsync(store, symbol, piece, TradesPerRead, cancellationToken).ConfigureAwait(false))
        {
            MinuteRebuild.Add(expected, batch, piece);
        }

        var rows = stored.Rows().ToDictionary(row => row.Timestamp);
        foreach (var (minute, builder) in expected)
        {
            var built = builder.Build(CandleSource.ProvenTrades);
            if (!rows.Remove(minute, out var row))
            {
                findings.Add(VerificationFindings.Candles, UnixTime.ToDateTimeOffset(minute), "the minute has trades and no candle");
            }
            else if (row with { Source = built.Source } != built)
            {
                findings.Add(VerificationFindings.Candles, UnixTime.ToDateTimeOffset(minute), $"the candle is {row.ToText()}, its trades make {built.ToText()}");
            }
        }

        foreach (var minute in rows.Keys)
        {
            findings.Add(VerificationFindings.Candles, UnixTime.ToDateTimeOffset(minute), "the minute has a candle and no trades");
        }
    }

    // What queries would be given, against the same rules in plain code.
    private async Task CompareRollupsAsync(string symbol, TimeRange piece, CandleBatch stored, VerificationFindings findings, CancellationToken cancellationToken)
    {
        foreach (var interval in Interval.Rollups)
        {
            using var buckets = await store.ReadCandlesAsync(symbol, Interval.Minute, interval, piece, cancellationToken).ConfigureAwait(false);
            var expected = CandleAggregation.ToBuckets(stored.Rows(), interval).Select(row => row with { Source = default }).ToList();
            var given = buckets.Rows().Select(row => row with { Source = default }).ToList();
            if (!given.SequenceEqual(expected))
            {
                findings.Add(VerificationFindings.Rollups, piece.Start, string.Create(CultureInfo.InvariantCulture, $"candles of {interval} do not follow from the minutes"));
            }
        }
    }

    private async Task<string?> CheckOhlcAsync(string symbol, CoverageSet minutes, VerificationFindings findings, CancellationToken cancellationToken)
    {
        if (candles is null)
        {
            return null;
        }

        CandlesPage page;
        try
        {
            page = await candles.ReadCandlesAsync(symbol, Interval.Minute, _timeProvider.GetUtcNow() - candles.CandleReach, cancellationToken).ConfigureAwait(false);
        }
        catch (MarketSourceException exception)
        {
            return exception.Message;
        }

        using var fresh = page.Candles;
        using var stored = await store.ReadCandlesAsync(symbol, Interval.Minute, Interval.Minute, page.Covered, cancellationToken).ConfigureAwait(false);
        var rows = stored.Rows().ToDictionary(row => row.Timestamp);
        foreach (var theirs in fresh.Rows().Where(row => minutes.Covers(row.Timestamp, row.Timestamp + UnixTime.MicrosecondsPerMinute)))
        {
            // The average is cut to the pair's decimals on their side, and the quote volume is not theirs to tell.
            if (!rows.TryGetValue(theirs.Timestamp, out var ours)
                || (ours.Open, ours.High, ours.Low, ours.Close, ours.Volume, ours.TradeCount) != (theirs.Open, theirs.High, theirs.Low, theirs.Close, theirs.Volume, theirs.TradeCount))
            {
                findings.Add(VerificationFindings.Ohlc, UnixTime.ToDateTimeOffset(theirs.Timestamp), $"OHLC says {theirs.ToText()}, stored is {(rows.ContainsKey(theirs.Timestamp) ? ours.ToText() : "nothing")}");
            }
        }

        return null;
    }

    private async Task<IReadOnlyList<DataGap>> GapsAsync(string symbol, CoverageSet minutes, CancellationToken cancellationToken)
    {
        var end = Interval.Minute.Floor(UnixTime.Microseconds(_timeProvider.GetUtcNow() - TradeStretch.EdgeDelay));
        return await store.GetWantedFromAsync(symbol, cancellationToken).ConfigureAwait(false) is { } wanted && Interval.Minute.Floor(UnixTime.Microseconds(wanted)) is var start && start < end
            ? [.. minutes.Gaps(new TimeRange(start, end)).Select(gap => new DataGap { Symbol = symbol, DataType = DataType.Candles(Interval.Minute), StartTime = gap.Start, EndTime = gap.End })]
            : [];
    }
}
