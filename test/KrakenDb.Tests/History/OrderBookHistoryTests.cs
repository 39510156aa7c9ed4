using System.Text;
using KrakenDb.Kraken;
using KrakenDb.Tests.Books;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.History;

public sealed class OrderBookHistoryTests
{
    private const long Start = 1_785_641_750_000_000_000;
    private const string Symbol = "BTC/USD";

    private readonly InMemoryMarketStore _store = new();

    private OrderBookHistory History => OrderBooks.Of(_store, TimeProvider.System);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_book_at_any_moment_is_that_of_all_messages_until_then(bool byExchangeTime)
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        await RecordAsync(frames);
        var random = new Random(3);
        for (var round = 0; round < 30; round++)
        {
            var last = random.Next(3, frames.Count);
            var (expected, exchangeTime) = Oracle(frames, last);
            var at = byExchangeTime ? exchangeTime : Time(last);

            var book = (await History.GetBookAsync(Symbol, At(at), byExchangeTime))!;

            if (!byExchangeTime)
            {
                book.Bids.ShouldBe(Prices(expected.Bids));
                book.Asks.ShouldBe(Prices(expected.Asks));
            }

            book.IsVerified.ShouldBeTrue();
            book.Sequence.ShouldBeGreaterThanOrEqualTo(2);
        }

        (await History.GetBookAsync(Symbol, At(Time(1)))).ShouldBeNull("the snapshot came after");
        (await History.GetBookAsync(Symbol, At(Time(frames.Count)).AddYears(1)))!.Sequence.ShouldBe(frames.Count - 1);
    }

    [Fact]
    public async Task A_keyframe_that_is_not_its_message_s_book_is_passed_over()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var recording = new BookRecording(new KrakenBookWire(), 1, "test");
        for (var index = 0; index < frames.Count; index++)
        {
            recording.Add(frames[index], Time(index));
        }

        var write = recording.Take();
        write.Keyframes.Count.ShouldBe(2);
        await BookArchive.Of(_store).AppendAsync(
            write with { Keyframes = [.. write.Keyframes.Select(keyframe => keyframe with { Levels = Changed(keyframe.Levels) })] }, default);

        var book = (await History.GetBookAsync(Symbol, At(Time(frames.Count - 1))))!;

        var (expected, _) = Oracle(frames, frames.Count - 1);
        book.Bids.ShouldBe(Prices(expected.Bids));
        book.Asks.ShouldBe(Prices(expected.Asks));

        static byte[] Changed(byte[] levels)
        {
            byte[] changed = [.. levels];
            changed[5] ^= 3;
            return changed;
        }
    }

    [Fact]
    public async Task A_replay_from_the_middle_continues_from_the_book_of_that_moment()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        await RecordAsync(frames);
        var items = await History.ReplayAsync(new BookReplayQuery { Symbol = Symbol, Start = At(Time(1500)), End = At(Time(1700)), WithBooks = true }).ToListAsync();

        items.Select(item => item.Message!.Sequence).ShouldBe(items.Select(item => item.Message!.Sequence).Order());
        items[0].Message!.Sequence.ShouldBeInRange(1500, 1510);
        foreach (var item in items.Where(item => item.Message!.Type == "update"))
        {
            var (expected, _) = Oracle(frames, (int)item.Message!.Sequence);
            item.Book!.Bids.ShouldBe(Prices(expected.Bids));
            item.Book.IsVerified.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Recordings_of_one_time_merge_by_time_and_keep_their_own_order()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]).Take(400).ToList();
        await RecordAsync(frames, session: 1);
        await RecordAsync(frames, session: 2, offset: 617);
        var items = await History.ReplayAsync(new BookReplayQuery()).ToListAsync();

        items.Count.ShouldBe(800);
        items.Select(item => item.Nanoseconds).ShouldBe(items.Select(item => item.Nanoseconds).Order());
        foreach (var session in items.GroupBy(item => item.Message!.SessionId))
        {
            session.Select(item => item.Message!.Sequence).ShouldBe(Enumerable.Range(0, 400).Select(index => (long)index));
        }

        (await History.ReplayAsync(new BookReplayQuery { SessionId = 2 }).ToListAsync()).ShouldAllBe(item => item.Message!.SessionId == 2);
    }

    [Fact]
    public async Task Trades_come_in_between_at_their_time()
    {
        await RecordAsync(CaptureText.Frames(CaptureText.Names[1]).Take(100).ToList());
        var trade = new TradeRow { Id = 5, TimestampNanoseconds = Time(50) + 1, Price = FixedPoint.PriceFromDecimal(63_400), Volume = FixedPoint.VolumeFromDecimal(1), Side = TradeSide.Buy, OrderType = "limit", Misc = "" };
        await ((IMarketStore)_store).WriteAsync(new StoreWrite { Symbol = Symbol, Trades = TradeBatch.FromRows([trade]) }, default);

        var items = await History.ReplayAsync(new BookReplayQuery { Symbol = Symbol, WithTrades = true }).ToListAsync();

        var at = items.FindIndex(item => item.Trade is not null);
        items[at].Trade!.Id.ShouldBe(5);
        items[at - 1].Nanoseconds.ShouldBeLessThanOrEqualTo(Time(50));
        items[at + 1].Nanoseconds.ShouldBeGreaterThan(Time(50));
        await Should.ThrowAsync<ArgumentException>(async () => await History.ReplayAsync(new BookReplayQuery { WithTrades = true }).ToListAsync());
    }

    [Fact]
    public async Task Stored_rows_that_were_changed_end_the_replay_and_are_named_by_the_certificate()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var recording = new BookRecording(new KrakenBookWire(), 1, "test");
        for (var index = 0; index < frames.Count; index++)
        {
            recording.Add(frames[index], Time(index));
        }

        var write = recording.Take();
        var changed = new BookBatch(1);
        foreach (ref readonly var row in write.Batch.Rows)
        {
            WireLevel[] bids = [.. write.Batch.Bids(row)];
            if (row.Sequence == 2)
            {
                bids[0] = new WireLevel(bids[0].PriceDigits, bids[0].PriceDecimals, bids[0].QuantityDigits + 1, bids[0].QuantityDecimals);
            }

            changed.Add(row, bids, write.Batch.Asks(row), write.Batch.Text(row));
        }

        await BookArchive.Of(_store).AppendAsync(write with { Batch = changed }, default);

        var replay = await Should.ThrowAsync<MarketStoreException>(async () => await History.ReplayAsync().ToListAsync());
        replay.Message.ShouldContain("Message 2 of session 1 (BTC/USD) no longer has the checksum");
        var certificate = await new BookVerifier(_store, () => new KrakenBookWire()).VerifyAsync();
        certificate.IsWhole.ShouldBeFalse();
        certificate.Damage[0].ShouldContain("sequence 2: the checksum");
        certificate.Damage.ShouldContain(sentence => sentence.Contains("coverage claims", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_rows_are_damage()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]).Take(100).ToList();
        var recording = new BookRecording(new KrakenBookWire(), 1, "test");
        for (var index = 0; index < frames.Count; index++)
        {
            recording.Add(frames[index], Time(index));
        }

        var write = recording.Take();
        var left = new BookBatch(1);
        foreach (ref readonly var row in write.Batch.Rows)
        {
            if (row.Sequence != 50)
            {
                left.Add(row, write.Batch.Bids(row), write.Batch.Asks(row), write.Batch.Text(row));
            }
        }

        await BookArchive.Of(_store).AppendAsync(write with { Batch = left }, default);

        (await new BookVerifier(_store, () => new KrakenBookWire()).VerifyAsync()).Damage[0].ShouldBe("Session 1: sequences 50 to 50 are missing.");
    }

    [Fact]
    public async Task A_market_subscribed_again_at_another_depth_has_each_moment_s_depth()
    {
        const int Updates = 1_300;
        var wire = new KrakenBookWire();
        var recording = new BookRecording(wire, 1, "test");
        var random = new Random(5);
        var buffer = new byte[4096];
        var oracle = new Dictionary<int, (BookPrice[] Bids, BookPrice[] Asks)>();
        var index = 0;
        foreach (var depth in (int[])[10, 25, 10])
        {
            recording.Add(Encoding.UTF8.GetBytes($$"""{"method":"subscribe","result":{"channel":"book","depth":{{depth}},"snapshot":true,"symbol":"BTC/USD"},"success":true}"""), Time(index++));
            var book = new OrderBook(depth);
            for (var update = 0; update < Updates; update++)
            {
                // Fewer levels than the depth at first, later more than it.
                WireLevel[] bids = [new(50_000 - random.Next(update < 5 ? 4 : 40), 1, (UInt128)random.Next(3), 8)];
                WireLevel[] asks = [new(50_001 + random.Next(update < 5 ? 4 : 40), 1, (UInt128)random.Next(3), 8)];
                book.Apply(bids, asks);
                var length = wire.Write(update == 0 ? BookFrameKind.Snapshot : BookFrameKind.Update, Symbol, update == 0 ? book.Bids : bids, update == 0 ? book.Asks : asks, wire.Checksum(book), Time(index), ref buffer);
                oracle.Add(index, (Prices(book.Bids), Prices(book.Asks)));
                recording.Add(buffer.AsSpan(0, length), Time(index++));
            }
        }

        await BookArchive.Of(_store).AppendAsync(recording.Take(), default);

        foreach (var moment in oracle.Keys.Where(key => key % 97 == 0 || key % (Updates + 1) > Updates - 20))
        {
            var book = (await History.GetBookAsync(Symbol, At(Time(moment)))).ShouldNotBeNull();
            book.IsVerified.ShouldBeTrue();
            book.Bids.ShouldBe(oracle[moment].Bids, $"at {moment}");
            book.Asks.ShouldBe(oracle[moment].Asks);
        }

        // Subscribed anew, and no snapshot yet: the last that was known.
        var between = (await History.GetBookAsync(Symbol, At(Time(Updates + 1)))).ShouldNotBeNull();
        between.IsVerified.ShouldBeFalse();
        between.Bids.ShouldBe(oracle[Updates].Bids);

        var replayed = 0;
        await foreach (var items in History.ReplayBatchesAsync(new BookReplayQuery { Symbol = Symbol, WithBooks = true, Start = At(Time(Updates - 50)), AllowGaps = true }))
        {
            foreach (var item in items.ToArray().Where(item => item.Book is not null))
            {
                item.Book!.Bids.ShouldBe(oracle[(int)item.Message!.Sequence].Bids);
                replayed++;
            }
        }

        replayed.ShouldBe((2 * Updates) + 51);
    }

    [Fact]
    public async Task Of_two_connections_the_one_that_still_listens_answers_and_the_depth_can_be_chosen()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        await RecordAsync(frames, session: 1);
        var wire = new KrakenBookWire();
        var (book, buffer) = (new OrderBook(10), new byte[1024]);
        book.Replace([new WireLevel(50_000, 1, 5, 8)], [new WireLevel(50_001, 1, 5, 8)]);
        var shallow = new BookRecording(wire, 2, "test", depth: 10);
        for (var index = 100; index < 110; index++)
        {
            var length = wire.Write(BookFrameKind.Snapshot, Symbol, book.Bids, book.Asks, wire.Checksum(book), Time(index), ref buffer);
            shallow.Add(buffer.AsSpan(0, length), Time(index));
        }

        await BookArchive.Of(_store).AppendAsync(shallow.Take(), default);

        (await BookAsync(105)).ShouldBe((2, 10), "it began last");
        (await BookAsync(105, depth: 25)).ShouldBe((1, 25));
        (await BookAsync(500)).ShouldBe((1, 25), "the other one had left by then");
        (await BookAsync(500, depth: 10)).ShouldBe((2, 10));
        (await BookAsync(500, depth: 100)).ShouldBeNull();

        async Task<(long SessionId, int Depth)?> BookAsync(int index, int? depth = null) =>
            await History.GetBookAsync(Symbol, At(Time(index)), depth: depth) is { } found ? (found.SessionId, found.Depth) : null;
    }

    [Fact]
    public async Task Batches_are_the_items_of_the_replay()
    {
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        await RecordAsync(frames, session: 1);
        await RecordAsync(frames.Take(300).ToList(), session: 2, offset: 7);
        var query = new BookReplayQuery { AllowGaps = true };
        var single = new List<(long, long, string)>();
        await foreach (var item in History.ReplayAsync(query))
        {
            single.Add((item.Message!.SessionId, item.Message.Sequence, Encoding.UTF8.GetString(item.Message.Raw.Span)));
        }

        var batched = new List<(long, long, string)>();
        await foreach (var items in History.ReplayBatchesAsync(query))
        {
            items.IsEmpty.ShouldBeFalse();
            batched.AddRange(items.ToArray().Select(item => (item.Message!.SessionId, item.Message.Sequence, Encoding.UTF8.GetString(item.Message.Raw.Span))));
        }

        batched.ShouldBe(single);
        batched.Count.ShouldBe(frames.Count + 300);
        Should.Throw<ArgumentException>(() => History.ReplayBatchesAsync(query with { Speed = 1 }));
    }

    private static long Time(int index) => Start + (index * 20_000_000L);

    private static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);

    private static (OrderBook Book, long ExchangeTime) Oracle(List<byte[]> frames, int last)
    {
        var wire = new KrakenBookWire();
        var frame = new BookFrame();
        var book = new OrderBook(25);
        var time = 0L;
        for (var index = 0; index <= last; index++)
        {
            wire.Read(frames[index], frame);
            if (frame.Kind == BookFrameKind.Snapshot)
            {
                book.Replace(frame.Bids, frame.Asks);
            }
            else if (frame.Kind == BookFrameKind.Update)
            {
                book.Apply(frame.Bids, frame.Asks);
            }

            time = frame.ExchangeTime ?? time;
        }

        return (book, time);
    }

    private static BookPrice[] Prices(ReadOnlySpan<WireLevel> levels)
    {
        var prices = new List<BookPrice>();
        foreach (var level in levels)
        {
            prices.Add(new BookPrice(FixedPoint.ToDecimal(level.Price), FixedPoint.ToDecimal(level.Quantity)));
        }

        return [.. prices];
    }

    private async Task RecordAsync(List<byte[]> frames, long session = 1, long offset = 0)
    {
        var recording = new BookRecording(new KrakenBookWire(), session, "test");
        for (var index = 0; index < frames.Count; index++)
        {
            recording.Add(frames[index], Time(index) + offset);
        }

        await BookArchive.Of(_store).AppendAsync(recording.Take(), default);
    }
}
