using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>
/// Recorded order books: the book at any moment, and replays of exactly what came. From <c>OrderBooks.Of</c>. By received time unless asked otherwise, because that is
/// what a program could have known. Does not own its store. Safe for concurrent use.
/// </summary>
public sealed class OrderBookHistory
{
    private const int WindowFrames = 32_768;

    // A little more than from one keyframe to the next, with the frames in between that are none of a book.
    private const int SeekFrames = 1_088;

    private static readonly int[] Depths = [10, 25, 100, 500, 1000];

    private readonly IMarketReader _store;
    private readonly IBookArchive _archive;
    private readonly Func<IBookWire> _createWire;
    private readonly TimeProvider _timeProvider;

    internal OrderBookHistory(IMarketReader store, Func<IBookWire> createWire, TimeProvider? timeProvider = null)
    {
        _store = store;
        _archive = BookArchive.Of(store);
        _createWire = createWire;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    internal IBookArchive Archive => _archive;

    internal IBookWire CreateWire() => _createWire();

    /// <summary>Recorded connections and their symbols, in the order of their start.</summary>
    public Task<IReadOnlyList<CaptureSession>> GetSessionsAsync(CancellationToken cancellationToken = default) => _archive.GetCaptureSessionsAsync(cancellationToken);

    /// <summary>What was found wrong while recording, in the order of time.</summary>
    public Task<IReadOnlyList<BookIncident>> GetIncidentsAsync(CancellationToken cancellationToken = default) => _archive.GetIncidentsAsync(cancellationToken);

    /// <summary>
    /// The book of a market as it was known at a moment. Where several connections recorded it then, the one that began last; the answer says which, and how deep it is.
    /// </summary>
    /// <param name="symbol">As the exchange writes it: <c>BTC/USD</c>.</param>
    /// <param name="at">Messages of this moment are included.</param>
    /// <param name="byExchangeTime">Whether the moment is one of the exchange's clock.</param>
    /// <param name="depth">Only a book that was recorded to this depth; null for any.</param>
    /// <param name="cancellationToken"></param>
    /// <returns>Null where no snapshot had come by then.</returns>
    /// <exception cref="MarketStoreException">The stored book no longer has the checksums that it was recorded with.</exception>
    public async Task<BookState?> GetBookAsync(string symbol, DateTimeOffset at, bool byExchangeTime = false, int? depth = null, CancellationToken cancellationToken = default)
    {
        var moment = (UnixTime.Microseconds(at) * 1000) + 999;
        var begun = (await SessionsAsync(symbol, cancellationToken).ConfigureAwait(false)).Where(row => UnixTime.Microseconds(row.StartTime) * 1000 <= moment || byExchangeTime);

        // Who was still listening knows more than who began later and had left by then.
        foreach (var session in begun.OrderByDescending(row => row.EndTime < at ? row.EndTime : at).ThenByDescending(row => row.StartTime).ThenByDescending(row => row.SessionId))
        {
            // Its depth may have been another one at that moment: what is found says it.
            if (await SeekAsync(session, moment, byExchangeTime, long.MaxValue, cancellationToken).ConfigureAwait(false) is { State: { } state } && (depth is null || state.Depth == depth))
            {
                return state;
            }
        }

        return null;
    }

    /// <summary>The newest messages, newest first.</summary>
    /// <param name="symbol">Null for all.</param>
    /// <param name="count">At most.</param>
    /// <param name="cancellationToken"></param>
    public async Task<IReadOnlyList<BookMessage>> GetRecentMessagesAsync(string? symbol, int count, CancellationToken cancellationToken = default)
    {
        var wire = _createWire();
        var buffer = new byte[1024];
        var newest = new List<BookMessage>();
        await foreach (var (batch, index) in RecentAsync(symbol, (_, _) => 1, count, cancellationToken).ConfigureAwait(false))
        {
            newest.Add(ToMessage(batch.SessionId, batch.Rows[index], batch.Frame(batch.Rows[index], wire, ref buffer).ToArray()));
        }

        return [.. newest.OrderByDescending(message => message.ReceivedNanoseconds).ThenByDescending(message => message.SessionId).ThenByDescending(message => message.Sequence).Take(count)];
    }

    /// <summary>The entries of the newest messages, newest message first, in the message's order.</summary>
    /// <param name="symbol">Null for all.</param>
    /// <param name="count">At most.</param>
    /// <param name="cancellationToken"></param>
    public async Task<IReadOnlyList<BookEntry>> GetRecentEntriesAsync(string? symbol, int count, CancellationToken cancellationToken = default)
    {
        var newest = new List<(long Time, BookEntry Entry)>();
        await foreach (var (batch, index) in RecentAsync(symbol, (batch, row) => batch.Rows[row].LevelCount, count, cancellationToken).ConfigureAwait(false))
        {
            newest.AddRange(EntriesOf(batch, batch.Rows[index]));
        }

        return [.. newest.OrderByDescending(row => row.Time).ThenByDescending(row => row.Entry.SessionId).ThenByDescending(row => row.Entry.Sequence).ThenByDescending(row => row.Entry.IsBid).ThenBy(row => row.Entry.Ordinal).Select(row => row.Entry).Take(count)];
    }

    /// <summary>One message; null where there is none.</summary>
    public async Task<BookMessage?> GetMessageAsync(long sessionId, long sequence, CancellationToken cancellationToken = default)
    {
        var batch = await _archive.ReadFramesAsync(sessionId, sequence, sequence + 1, symbol: null, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[1024];
        return batch.Count > 0 ? ToMessage(sessionId, batch.Rows[0], batch.Frame(batch.Rows[0], _createWire(), ref buffer).ToArray()) : null;
    }

    /// <summary>The ranges of the replay that no chain of checksums proves, ascending; said before a replay starts.</summary>
    public async Task<IReadOnlyList<DataGap>> GetGapsAsync(BookReplayQuery query, CancellationToken cancellationToken = default) =>
        [.. (await GetHolesAsync(query, cancellationToken).ConfigureAwait(false)).Select(hole => hole.Gap)];

    /// <summary>The same, with whether retention dropped what was recorded there.</summary>
    internal async Task<IReadOnlyList<(DataGap Gap, bool IsExpired)>> GetHolesAsync(BookReplayQuery query, CancellationToken cancellationToken) =>
        await BookHoles.FindAsync(_store, await SessionsAsync(query.Symbol, cancellationToken).ConfigureAwait(false), Depths, query, cancellationToken).ConfigureAwait(false);

    /// <summary>Where the last range ends that retention dropped of a market and that began by a moment; null where there is none.</summary>
    internal Task<DateTimeOffset?> DroppedUntilAsync(string symbol, DateTimeOffset moment, CancellationToken cancellationToken) =>
        BookHoles.DroppedUntilAsync(_store, symbol, Depths, moment, cancellationToken);

    /// <summary>Everything that came, in the order in which it came; several recordings merge by time.</summary>
    /// <exception cref="IncompleteDataException">Before the first item: the range has holes and <see cref="BookReplayQuery.AllowGaps"/> is not set.</exception>
    /// <exception cref="MarketStoreException">A checksum that was right when it was recorded is wrong now.</exception>
    public async IAsyncEnumerable<BookReplayItem> ReplayAsync(BookReplayQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        query ??= BookReplayQuery.Default;
        ArgumentOutOfRangeException.ThrowIfNegative(query.Speed, nameof(query));
        ReplayPace? pace = null;
        await foreach (var items in ReadAsync(query, cancellationToken).ConfigureAwait(false))
        {
            for (var index = 0; index < items.Length; index++)
            {
                var item = items.Span[index];
                if (query.Speed > 0)
                {
                    var time = Time(item.Nanoseconds);
                    pace ??= new ReplayPace(_timeProvider, time, query.Speed);
                    await pace.WaitUntilAsync(time, cancellationToken).ConfigureAwait(false);
                }

                yield return item;
            }
        }
    }

    /// <summary>The same as <see cref="ReplayAsync"/>, some hundred items at once: the fastest way through millions. None is empty.</summary>
    /// <exception cref="ArgumentException">A pace is asked for: that is one of single items.</exception>
    /// <exception cref="IncompleteDataException">Before the first item: the range has holes and <see cref="BookReplayQuery.AllowGaps"/> is not set.</exception>
    /// <exception cref="MarketStoreException">A checksum that was right when it was recorded is wrong now; what came before it was given.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<BookReplayItem>> ReplayBatchesAsync(BookReplayQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= BookReplayQuery.Default;
        return query.Speed == 0
            ? ReadAsync(query, cancellationToken)
            : throw new ArgumentException("Batches have no pace: replay item by item (ReplayAsync), or with a speed of 0.", nameof(query));
    }

    internal static BookMessage ToMessage(long sessionId, BookMessageRow row, ReadOnlyMemory<byte> raw) => new()
    {
        SessionId = sessionId,
        Sequence = row.Sequence,
        Symbol = row.Symbol,
        Channel = row.Channel,
        Type = row.Type,
        ReceivedNanoseconds = row.ReceivedTime,
        ExchangeNanoseconds = row.ExchangeTime,
        Checksum = row.Checksum,
        Verified = row.Verified,
        Raw = raw,
    };

    internal static BookState ToState(BookChain chain, long sessionId, BookMessageRow row) => new()
    {
        Symbol = row.Symbol!,
        Depth = chain.Book.Depth,
        SessionId = sessionId,
        Sequence = row.Sequence,
        ReceivedTime = Time(row.ReceivedTime),
        ExchangeTime = row.ExchangeTime is { } time ? Time(time) : null,
        IsVerified = chain.IsWhole,
        Bids = Prices(chain.Book.Bids),
        Asks = Prices(chain.Book.Asks),
    };

    /// <summary>Brings a symbol's book to a moment or a sequence, from the nearest keyframe that has its checksum.</summary>
    internal async Task<(BookChain Chain, BookState? State)> SeekAsync(CaptureSession session, long at, bool byExchangeTime, long beforeSequence, CancellationToken cancellationToken)
    {
        var wire = _createWire();
        var chain = new BookChain(session.Depth ?? 1000, wire);
        BookState? state = null;
        var from = session.FirstSequence;
        var limit = beforeSequence;
        while (await _archive.FindKeyframeAsync(session.SessionId, session.Symbol, at, byExchangeTime, limit, cancellationToken).ConfigureAwait(false) is { } keyframe)
        {
            // A keyframe is derived: one that is not the book of its message's checksum is passed over.
            if (BookPacking.TryUnpack(keyframe.Levels, out var bids, out var asks)
                && (chain = new BookChain(await DepthAtAsync(session, keyframe, Math.Max(bids.Length, asks.Length), cancellationToken).ConfigureAwait(false), wire)).TryResume(bids, asks, keyframe.Checksum))
            {
                from = keyframe.Sequence + 1;
                state = ToState(chain, session.SessionId, new BookMessageRow { Sequence = keyframe.Sequence, Symbol = session.Symbol, ReceivedTime = keyframe.ReceivedTime, ExchangeTime = keyframe.ExchangeTime });
                break;
            }

            chain.Break();
            limit = keyframe.Sequence;
        }

        var end = Math.Min(beforeSequence, session.LastSequence + 1);
        for (var window = SeekFrames; from < end; from += window, window = Math.Min(window * 2, WindowFrames))
        {
            var batch = await _archive.ReadFramesAsync(session.SessionId, from, Math.Min(end, from + window), session.Symbol, cancellationToken).ConfigureAwait(false);
            var last = LastAtOrBefore(batch, at, byExchangeTime);
            for (var index = 0; index <= last; index++)
            {
                if (DepthOf(batch, batch.Rows[index], wire) is { } depth && depth != chain.Book.Depth)
                {
                    // Until the first snapshot of the other depth the book is the last that was known.
                    state = (index > 0 && LastBook(batch, index - 1) is { } before ? ToState(chain, session.SessionId, before) : state) is { } known ? known with { IsVerified = false } : null;
                    chain = new BookChain(depth, wire);
                }

                Apply(chain, batch, batch.Rows[index]);
            }

            if (last >= 0 && LastBook(batch, last) is { } row)
            {
                state = chain.Book.Bids.Length + chain.Book.Asks.Length > 0 ? ToState(chain, session.SessionId, row) : state;
            }

            var isThere = last < batch.Count - 1;
            batch.Recycle();
            if (isThere)
            {
                break;
            }
        }

        return (chain, state);
    }

    /// <summary>The depth that a market is subscribed at from this message on; null where it says none.</summary>
    internal static int? DepthOf(BookBatch batch, BookMessageRow row, IBookWire wire)
    {
        if (row is not { Kind: BookFrameKind.Answer, Symbol: not null })
        {
            return null;
        }

        var frame = new BookFrame();
        var buffer = Array.Empty<byte>();
        wire.Read(batch.Frame(row, wire, ref buffer), frame);
        return frame.Depth;
    }

    internal static void Apply(BookChain chain, BookBatch batch, BookMessageRow row)
    {
        if (row.Kind is not (BookFrameKind.Snapshot or BookFrameKind.Update))
        {
            // Until the next snapshot nothing is known.
            if (row is { Kind: BookFrameKind.Answer, Type: "unsubscribe", Channel: "book" })
            {
                chain.Break();
            }

            return;
        }

        var verdict = chain.Apply(row.Kind == BookFrameKind.Snapshot, batch.Bids(row), batch.Asks(row), row.Checksum);
        if (row.Verified == true && verdict != BookVerdict.Verified)
        {
            throw new MarketStoreException($"Message {row.Sequence} of session {batch.SessionId} ({row.Symbol}) no longer has the checksum {row.Checksum} that it was recorded with: the stored rows were changed. The whole archive is checked by: kraken-db book verify");
        }
    }

    // A session's row says its last depth. Before that it may have been another, under which the keyframe's moment is proven.
    private async Task<int> DepthAtAsync(CaptureSession session, BookKeyframe keyframe, int levels, CancellationToken cancellationToken)
    {
        var last = session.Depth ?? Depths[^1];
        var moment = UnixTime.ToDateTimeOffset(HistoricalTrade.FloorDivide(keyframe.ReceivedTime, 1000));
        foreach (var depth in Depths.Where(known => known >= levels).OrderByDescending(known => known == last))
        {
            var coverage = await _store.GetCoverageAsync(session.Symbol, DataType.Book(depth), cancellationToken).ConfigureAwait(false);
            if (coverage.Any(range => range.Range.Contains(moment)))
            {
                return depth;
            }
        }

        return Math.Max(last, levels);
    }

    private static DateTimeOffset Time(long nanoseconds) => UnixTime.ToDateTimeOffset(HistoricalTrade.FloorDivide(nanoseconds, 1000));

    private static BookPrice[] Prices(ReadOnlySpan<WireLevel> levels)
    {
        var prices = new BookPrice[levels.Length];
        for (var index = 0; index < prices.Length; index++)
        {
            prices[index] = new BookPrice(FixedPoint.ToDecimal(levels[index].Price), FixedPoint.ToDecimal(levels[index].Quantity));
        }

        return prices;
    }

    // Exchange times may step back by microseconds between two messages: up to the last that is not after the moment.
    private static int LastAtOrBefore(BookBatch batch, long at, bool byExchangeTime)
    {
        var rows = batch.Rows;
        var index = rows.Length - 1;
        while (index >= 0 && ((byExchangeTime ? rows[index].ExchangeTime : null) ?? rows[index].ReceivedTime) > at)
        {
            index--;
        }

        return index;
    }

    private static BookMessageRow? LastBook(BookBatch batch, int last)
    {
        for (var index = last; index >= 0; index--)
        {
            if (batch.Rows[index].Kind is BookFrameKind.Snapshot or BookFrameKind.Update)
            {
                return batch.Rows[index];
            }
        }

        return null;
    }

    private static List<(long Time, BookEntry Entry)> EntriesOf(BookBatch batch, BookMessageRow row)
    {
        var entries = new List<(long, BookEntry)>(row.LevelCount);
        var levels = batch.Levels(row);
        for (var index = 0; index < levels.Length; index++)
        {
            var isBid = index < row.BidCount;
            entries.Add((row.ReceivedTime, new BookEntry(
                batch.SessionId, row.Sequence, isBid, isBid ? index : index - row.BidCount, row.Symbol!, UnixTime.ToDateTimeOffset(row.Timestamp),
                FixedPoint.ToDecimal(levels[index].Price), FixedPoint.ToDecimal(levels[index].Quantity))));
        }

        return entries;
    }

    // Of each session enough for the whole answer: an older one may still end later than the newest began.
    private async IAsyncEnumerable<(BookBatch Batch, int Index)> RecentAsync(string? symbol, Func<BookBatch, int, int> weight, int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var session in (await SessionsAsync(symbol, cancellationToken).ConfigureAwait(false)).GroupBy(row => row.SessionId))
        {
            var left = count;
            for (var to = session.Max(row => row.LastSequence) + 1; to > 0 && left > 0; to -= SeekFrames)
            {
                var batch = await _archive.ReadFramesAsync(session.Key, Math.Max(0, to - SeekFrames), to, symbol, cancellationToken).ConfigureAwait(false);
                for (var index = batch.Count - 1; index >= 0 && left > 0; index--)
                {
                    left -= weight(batch, index);
                    yield return (batch, index);
                }
            }
        }
    }

    private async Task<IReadOnlyList<CaptureSession>> SessionsAsync(string? symbol, CancellationToken cancellationToken)
    {
        var sessions = await _archive.GetCaptureSessionsAsync(cancellationToken).ConfigureAwait(false);
        if (symbol is null)
        {
            return sessions;
        }

        List<CaptureSession> found = [.. sessions.Where(row => string.Equals(row.Symbol, symbol, StringComparison.Ordinal))];
        return found.Count > 0
            ? found
            : throw new UnknownSymbolException(
                await DroppedUntilAsync(symbol, DateTimeOffset.MaxValue, cancellationToken).ConfigureAwait(false) is { } end
                    ? $"No order book of {symbol} is stored any more: retention dropped what was recorded up to {end:yyyy-MM-dd'T'HH:mm:ss'Z'}. Policies: kraken-db db retention show"
                    : sessions.Any(row => row.Symbol.Length > 0)
                    ? $"No order book of {symbol} is recorded; there are {string.Join(", ", sessions.Select(row => row.Symbol).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).Take(10))}."
                    : $"No order book of {symbol} is recorded, nor of any other market. Import a recording: kraken-db book import FILE",
                symbol,
                []);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<BookReplayItem>> ReadAsync(BookReplayQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (query is { WithTrades: true, Symbol: null })
        {
            throw new ArgumentException("Trades come with the order book of one symbol: name it.", nameof(query));
        }

        if (!query.AllowGaps && await GetHolesAsync(query, cancellationToken).ConfigureAwait(false) is [var (first, isExpired), ..] holes)
        {
            throw new IncompleteDataException(
                $"The recording has {holes.Count} holes in this range, the first of {first.Symbol} from {first.StartTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'} to {first.EndTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}{(isExpired ? " (dropped by retention)" : "")}. Replay a shorter range, or go on over them: --allow-gaps (AllowGaps).",
                [.. holes.Select(hole => hole.Gap)]);
        }

        var streams = new List<IAsyncEnumerator<ReadOnlyMemory<BookReplayItem>>>();
        try
        {
            foreach (var sessionId in (await SessionsAsync(query.Symbol, cancellationToken).ConfigureAwait(false)).Select(row => row.SessionId).Distinct().Where(id => query.SessionId is null || id == query.SessionId))
            {
                streams.Add(new BookSessionReplay(this, _archive, _createWire(), query, sessionId).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken));
            }

            if (query.WithTrades)
            {
                streams.Add(TradesAsync(query, cancellationToken).GetAsyncEnumerator(cancellationToken));
            }

            await foreach (var items in BookReplayMerge.ReadAsync(streams, cancellationToken).ConfigureAwait(false))
            {
                yield return items;
            }
        }
        finally
        {
            foreach (var stream in streams)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<BookReplayItem>> TradesAsync(BookReplayQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const int Page = 8192;
        var catalog = SymbolCatalog.BuiltIn.With(await _store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
        var symbol = catalog.TryResolve(query.Symbol, out var known) ? known : query.Symbol!;
        var sessions = await SessionsAsync(query.Symbol, cancellationToken).ConfigureAwait(false);
        var range = new TimeRange(query.Start ?? sessions.Min(row => row.StartTime), query.End ?? sessions.Max(row => row.EndTime));
        var last = 0L;
        while (true)
        {
            var page = await _store.ReadTradesAsync(symbol, range, last, Page, cancellationToken).ConfigureAwait(false);
            if (page.Count > 0)
            {
                var items = new BookReplayItem[page.Count];
                for (var index = 0; index < items.Length; index++)
                {
                    items[index] = new BookReplayItem { Nanoseconds = page[index].TimestampNanoseconds, Trade = page[index].ToTrade(symbol) };
                }

                last = page[page.Count - 1].Id;
                yield return items;
            }

            if (page.Count < Page)
            {
                yield break;
            }
        }
    }
}
