using KrakenDb.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Live;

/// <summary>Records on disk: every digit, across crashes, torn ends and full disks.</summary>
public sealed class RecordJournalTests : IDisposable
{
    private const string Symbol = "BTC/USD";
    private const long Limit = 10_000_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_come_back_with_every_digit_in_their_order()
    {
        var trades = new[]
        {
            Rows.Trade(1, 0.123456789m, 99_999_999.9999999999m, 999_999_999_999_999_999.9999999999m, TradeSide.Sell),
            Rows.Trade(long.MaxValue, 1, 0.0000000001m, 0.0000000001m) with { OrderType = null, Misc = "ünï" },
        };
        var candle = Rows.Candle(3, 1, 2, 0.5m, 1.5m, 10, 12, 5, 1.1m, CandleSource.WebSocketOhlc);
        using (var journal = Open())
        {
            foreach (var trade in trades)
            {
                journal.Append(Symbol, trade).ShouldBe(0);
            }

            journal.Append("ETH/USD", 60, candle);
        }

        using var reopened = Open();
        reopened.Records.ShouldBe(3);
        var batch = Read(reopened);

        batch.Trades.ShouldHaveSingleItem().Value.ShouldBe(trades);
        batch.Candles.ShouldHaveSingleItem().Key.ShouldBe(("ETH/USD", new Interval(60)));
        batch.Candles.Single().Value.Values.ShouldBe([candle]);
    }

    [Fact]
    public void What_is_not_committed_is_read_again_by_the_next_process()
    {
        using (var journal = Open())
        {
            Append(journal, 1, 500);
            Read(journal, 200).TradeCount.ShouldBe(200);
            journal.Commit();
            Read(journal).TradeCount.ShouldBe(300);
        }

        using (var second = Open())
        {
            Ids(Read(second)).ShouldBe(Enumerable.Range(1, 500).Select(id => (long)id));
            second.Commit();
            second.HasUnread.ShouldBeFalse();
        }

        using var third = Open();
        (third.Records, third.Bytes).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public void A_torn_last_record_is_cut_off_and_everything_before_it_kept(int cut)
    {
        using (var journal = Open())
        {
            Append(journal, 1, 100);
        }

        var path = Directory.GetFiles(_folder.Path, "*.journal").Single();
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(file.Length - cut);
        }

        using var reopened = Open();
        Append(reopened, 101, 110);
        Ids(Read(reopened)).ShouldBe([.. Enumerable.Range(1, 99).Select(id => (long)id), .. Enumerable.Range(101, 10).Select(id => (long)id)]);
    }

    [Fact]
    public void A_harmed_record_ends_its_file_and_no_other()
    {
        using (var journal = Open())
        {
            Append(journal, 1, 50);
        }

        using (var journal = Open())
        {
            Append(journal, 51, 100);
        }

        var path = Directory.GetFiles(_folder.Path, "*.journal").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);

        using var reopened = Open();
        var ids = Ids(Read(reopened)).ToList();
        ids.ShouldBe([.. Enumerable.Range(1, ids.Count - 50).Select(id => (long)id), .. Enumerable.Range(51, 50).Select(id => (long)id)]);
        ids.Count.ShouldBeInRange(60, 90);
    }

    [Fact]
    public void At_its_limit_the_oldest_are_dropped_and_counted()
    {
        using var journal = RecordJournal.Open(_folder.Path, 1_000_000, NullLogger.Instance);
        long dropped = 0;
        for (var id = 1; id <= 20_000; id++)
        {
            dropped += journal.Append(Symbol, Rows.Trade(id));
        }

        journal.Bytes.ShouldBeLessThanOrEqualTo(1_000_000);
        dropped.ShouldBeGreaterThan(0);
        Ids(Read(journal, int.MaxValue)).SequenceEqual(Enumerable.Range((int)dropped + 1, 20_000 - (int)dropped).Select(id => (long)id)).ShouldBeTrue();
    }

    [Fact]
    public void Two_processes_do_not_share_a_journal()
    {
        using var journal = Open();

        Should.Throw<MarketStoreException>(Open).Message.ShouldContain(_folder.Path);
    }

    [Fact]
    public void A_full_disk_is_an_error_and_what_was_written_before_is_kept()
    {
        var room = 200_000L;
        using (var journal = RecordJournal.Open(_folder.Path, Limit, NullLogger.Instance, path => new LimitedFile(path, () => room, taken => room -= taken)))
        {
            Should.Throw<IOException>(() => Append(journal, 1, 100_000));
            room = Limit;
            Append(journal, 200_001, 200_010);
        }

        using var reopened = Open();
        var ids = Ids(Read(reopened, int.MaxValue)).ToList();
        ids.ShouldBe([.. Enumerable.Range(1, ids.Count - 10).Select(id => (long)id), .. Enumerable.Range(200_001, 10).Select(id => (long)id)]);
        ids.Count.ShouldBeGreaterThan(1000);
    }

    private RecordJournal Open() => RecordJournal.Open(_folder.Path, Limit, NullLogger.Instance);

    private static void Append(RecordJournal journal, int first, int last)
    {
        for (var id = first; id <= last; id++)
        {
            journal.Append(Symbol, Rows.Trade(id, id));
        }
    }

    private static FlushBatch Read(RecordJournal journal, int records = 100_000)
    {
        var batch = new FlushBatch();
        journal.Read(batch, records);
        return batch;
    }

    private static IEnumerable<long> Ids(FlushBatch batch) => batch.Trades.SelectMany(entry => entry.Value).Select(row => row.Id);

    /// <summary>A file on a disk with little room.</summary>
    private sealed class LimitedFile(string path, Func<long> room, Action<long> take) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0)
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (count > room())
            {
                base.Write(buffer, offset, (int)Math.Max(0, room()));
                throw new IOException("No space left on device");
            }

            take(count);
            base.Write(buffer, offset, count);
        }
    }
}
