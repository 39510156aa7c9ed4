using System.Globalization;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// A stretch of one symbol's trades, fetched forwards. Each page is one transaction: rows, cursor, coverage and the candles of the minutes that it
/// completes; so memory is constant, and whatever is interrupted goes on from the coverage that is stored.
/// </summary>
/// <remarks>
/// `since` is inclusive in some sources and exclusive in others; trades are told apart by their ids, and a page must begin with an id that is known or follows
/// one. What lies between two ids that do not follow one another is not covered, until a second look a minute later passes over the same ids.
/// </remarks>
internal sealed partial class TradeStretch
{
    /// <summary>A reply may come from an edge cache and lack what happened shortly before.</summary>
    public static readonly TimeSpan EdgeDelay = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BetweenSightings = TimeSpan.FromSeconds(60);

    private readonly IMarketStore _store;
    private readonly ITradeSource _source;
    private readonly string _symbol;
    private readonly Func<DateTimeOffset> _clock;
    private readonly ILogger _logger;
    private string _since;

    // Everything from here up to the last page is covered or known to be a hole. Null before the first trade of all.
    private long? _coveredTo;
    private (long Id, long Microseconds)? _last;
    private bool _wantsStart = true;
    private bool _isTrapped;

    /// <param name="start">Where the stretch begins; null for the first trade of all.</param>
    /// <param name="lastId">The id of the last trade before the start; null where unknown.</param>
    /// <param name="clock">The exchange's time, or earlier.</param>
    public TradeStretch(IMarketStore store, ITradeSource source, string symbol, DateTimeOffset? start, long? lastId, Func<DateTimeOffset> clock, ILogger logger)
    {
        (_store, _source, _symbol, _clock, _logger) = (store, source, symbol, clock, logger);
        _coveredTo = start is { } from ? UnixTime.Microseconds(from) : null;
        _last = lastId is { } id && _coveredTo is { } time ? (id, time - 1) : null;

        // A microsecond early: times on the wire are rounded, and a trade at the very start must come whatever `since` means.
        _since = _coveredTo is > 0 and var at ? Text((at * 1000) - 1000) : "0";
    }

    /// <summary>Whether minutes that the pages complete become candles.</summary>
    public bool BuildsCandles { get; init; } = true;

    /// <summary>Whether history counts as wanted from the stretch's start on.</summary>
    public bool Wants { get; init; }

    /// <summary>Whether trades that an active retention policy would drop are stored all the same.</summary>
    public bool AllowExpiring { get; init; }

    /// <summary>Fetches and stores the next page.</summary>
    public async Task<FetchedPage> NextAsync(CancellationToken cancellationToken)
    {
        var asked = _clock();
        var page = await _source.ReadTradesAsync(_symbol, _since, cancellationToken).ConfigureAwait(false);
        var absent = await _store.GetAbsentTradeIdsAsync(_symbol, cancellationToken).ConfigureAwait(false);
        if (!_isTrapped && Jumps(page.Trades).Any(jump => !IsAbsent(absent, jump, asked)))
        {
            // One reply may lack rows that the next one has; from a nanosecond earlier, which also brings what an exclusive `since` left out.
            LogAgain(_logger, _symbol, _since);
            var second = await _source.ReadTradesAsync(_symbol, Earlier(_since), cancellationToken).ConfigureAwait(false);
            if (second.Rows >= _source.PageSize && SymbolLedger.Newer(second.Last, _since) is null)
            {
                LogTrapped(_logger, _symbol, _since);
                _isTrapped = true;
            }

            page = Union(page, second);
        }

        var isLast = page.Rows < _source.PageSize && !EndsEarly(page);
        var result = await StoreAsync(page, asked, isLast, absent, cancellationToken).ConfigureAwait(false);
        Advance(page, isLast);
        return result;
    }

    private static string Text(long nanoseconds) => nanoseconds.ToString(CultureInfo.InvariantCulture);

    private static string Earlier(string since) => since == "0" ? since : Text(long.Parse(since, NumberStyles.None, CultureInfo.InvariantCulture) - 1);

    // A page whose `last` lies behind its last row has lost its end on the way; floating seconds are half a microsecond off at most.
    private static bool EndsEarly(TradesPage page) => page.Last is { } last && page.Trades.Count > 0
        && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var nanoseconds)
        && nanoseconds > page.Trades.TimestampNanoseconds[page.Trades.Count - 1] + 1000;

    private static TradesPage Union(TradesPage first, TradesPage second)
    {
        var rows = new TradeBatch(first.Trades.Count + second.Trades.Count);
        foreach (var row in first.Trades.Rows().Concat(second.Trades.Rows()))
        {
            rows.Add(row);
        }

        var (ordered, _, conflicting) = TradeMerge.Order(rows);
        return second with
        {
            Trades = ordered,
            Rows = Math.Max(ordered.Count, Math.Max(first.Rows, second.Rows)),
            Last = SymbolLedger.Newer(first.Last, second.Last) ?? second.Last,
            WithoutId = Math.Max(first.WithoutId, second.WithoutId),
            Rejected = Math.Max(first.Rejected, second.Rejected) + (int)conflicting,
        };
    }

    private static bool IsAbsent(IReadOnlyList<AbsentTradeIds> absent, (long First, long Last) jump, DateTimeOffset now) => absent.Any(ids =>
        ids.FirstId == jump.First && ids.LastId == jump.Last && (ids.Confirmed || now - ids.FirstSeen >= BetweenSightings));

    private IEnumerable<(long First, long Last)> Jumps(TradeBatch trades)
    {
        var known = _last?.Id;
        for (var index = 0; index < trades.Count; index++)
        {
            var id = trades.Id[index];
            if (known is { } before && id > before + 1)
            {
                yield return (before + 1, id - 1);
            }

            known = known is { } highest ? Math.Max(highest, id) : id;
        }
    }

    private async Task<FetchedPage> StoreAsync(TradesPage page, DateTimeOffset asked, bool isLast, IReadOnlyList<AbsentTradeIds> absent, CancellationToken cancellationToken)
    {
        var isWhole = page.WithoutId + page.Rejected == 0;
        var start = _coveredTo;
        if (start is null && page.Trades.Count > 0)
        {
            // Nothing was traded before the first trade of all: its minute is whole.
            start = Interval.Minute.Floor(page.Trades[0].TimestampMicroseconds);
        }

        if (page.Trades.Count == 0 && _last is null && start is { } since)
        {
            // Nothing more was traded: the last trade that is stored is the last of all.
            var coverage = await _store.GetCoverageAsync(_symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
            var known = coverage.LastOrDefault(range => range.Grade == CoverageGrade.Proven && range.Range.StartMicroseconds <= since && range.Range.EndMicroseconds >= since);
            _last = known?.LastTradeId is { } id ? (id, since - 1) : null;
        }

        var pieces = new TradePieces(page.Trades, _last);
        var seen = new List<AbsentTradeIds>();
        long missing = 0;
        if (start is { } from)
        {
            pieces.Begin(from);
            foreach (var jump in Jumps(page.Trades))
            {
                if (IsAbsent(absent, jump, asked))
                {
                    var known = absent.First(ids => ids.FirstId == jump.First);
                    if (!known.Confirmed)
                    {
                        seen.Add(known with { Confirmed = true });
                    }

                    continue;
                }

                missing += jump.Last - jump.First + 1;
                pieces.Break(jump.First, jump.Last);

                // Trades that share one timestamp beyond the size of a page exist and cannot be asked for: no proof that their ids are unused.
                if (!_isTrapped && isWhole && !absent.Any(ids => ids.FirstId == jump.First && ids.LastId == jump.Last))
                {
                    seen.Add(new AbsentTradeIds { FirstId = jump.First, LastId = jump.Last, FirstSeen = asked, Confirmed = false });
                }
            }

            pieces.End(isLast ? UnixTime.Microseconds(asked - EdgeDelay) : 0);
        }

        IReadOnlyList<CoverageRange> covered = isWhole ? pieces.Covered : [];
        if (!isWhole)
        {
            LogNotStored(_logger, _symbol, page.WithoutId + page.Rejected, page.Rows, _since);
        }

        if (missing > 0)
        {
            LogMissing(_logger, _symbol, missing, string.Join(", ", seen.Select(ids => $"{ids.FirstId}-{ids.LastId}")));
        }

        var receipt = await _store.WriteAsync(
            new StoreWrite
            {
                Symbol = _symbol,
                Trades = page.Trades.Count > 0 ? page.Trades : null,
                Covered = [.. covered.Select(range => (DataType.Trades, range))],
                RebuildMinutes = BuildsCandles ? [.. covered.Select(range => range.Range)] : [],
                LastKrakenSince = page.Last,
                Absent = seen,
                AllowExpiring = AllowExpiring,
                WantedFrom = Wants && _wantsStart && start is { } wanted ? UnixTime.ToDateTimeOffset(wanted) : null,
            },
            cancellationToken).ConfigureAwait(false);
        _wantsStart &= start is null;
        _coveredTo = start is { } begun ? Math.Max(begun, isWhole ? pieces.CoveredTo : pieces.LastTime + 1) : null;
        var at = page.Trades.Count > 0 ? UnixTime.ToDateTimeOffset(pieces.LastTime) : (DateTimeOffset?)null;
        return new FetchedPage(page.Trades.Count, receipt, at, isLast, page.WithoutId + page.Rejected, missing, page.Trades.Count > 0 ? page.Trades.Id[page.Trades.Count - 1] : 0);
    }

    private void Advance(TradesPage page, bool isLast)
    {
        var before = _last?.Id ?? 0;
        if (page.Trades.Count > 0 && page.Trades[page.Trades.Count - 1] is var newest && newest.Id > before)
        {
            _last = (newest.Id, newest.TimestampMicroseconds);
        }

        // Without `last`: a little before the last trade, because its time is rounded. (kraken-api.md 1.3)
        var next = page.Last ?? (page.Trades.Count > 0 ? Text(page.Trades.TimestampNanoseconds[page.Trades.Count - 1] - 10) : _since);
        var hasNew = (_last?.Id ?? 0) > before || page.Trades.Count == 0;
        _isTrapped = false;
        if (!isLast && !hasNew && SymbolLedger.Newer(next, _since) is null)
        {
            // A page full of one timestamp: asking again would give it again, for ever.
            var nanoseconds = long.Parse(_since, NumberStyles.None, CultureInfo.InvariantCulture) + 1;
            LogTrapped(_logger, _symbol, _since);
            next = Text(nanoseconds);
            _isTrapped = true;
        }

        // A later page never starts earlier; the fall-back without `last` may lie a little before.
        _since = hasNew || SymbolLedger.Newer(next, _since) is not null ? next : _since;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Symbol}: ids are missing after {Since}; looking again")]
    private static partial void LogAgain(ILogger logger, string symbol, string since);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: {Count} of {Rows} trades after {Since} have no id or cannot be true; the others are stored, and their range stays a gap")]
    private static partial void LogNotStored(ILogger logger, string symbol, int count, int rows, string since);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: the exchange did not show {Count} trade ids ({Ids}); their range stays a gap")]
    private static partial void LogMissing(ILogger logger, string symbol, long count, string ids);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: more trades share the time {Since} than fit a page; the rest of them cannot be asked for and stays a gap")]
    private static partial void LogTrapped(ILogger logger, string symbol, string since);
}
