using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Kraken;
using KrakenDb.Tests.Books;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken.Books;

public sealed class KrakenBookWireTests
{
    private const string Update =
        """{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":63381.0,"qty":0.00000000}],"asks":[{"price":63395.2,"qty":0.05500000}],"checksum":3726153463,"timestamp":"2026-08-02T03:35:51.660084Z"}]}""";

    private readonly KrakenBookWire _wire = new();
    private readonly BookFrame _frame = new();

    [Theory]
    [InlineData("crossbook_kraken_btcusd_l2.cbcap", 10, 5, 296)]
    [InlineData("crossbook_kraken_btcusd_sample.cbcap", 25, 1, 2051)]
    public void Every_checksum_of_the_recordings_is_right_and_every_frame_is_written_again_to_the_byte(string name, int depth, int snapshots, int updates)
    {
        var chain = new BookChain(depth, _wire);
        var buffer = new byte[16];
        var counts = new Dictionary<BookFrameKind, int>();
        foreach (var text in CaptureText.Frames(name))
        {
            _wire.Read(text, _frame);
            counts[_frame.Kind] = counts.GetValueOrDefault(_frame.Kind) + 1;
            if (_frame.IsBook)
            {
                _frame.Symbol.ShouldBe("BTC/USD");
                chain.Apply(_frame.Kind == BookFrameKind.Snapshot, _frame.Bids, _frame.Asks, _frame.Checksum).ShouldBe(BookVerdict.Verified);
            }

            if (_frame.IsBook || _frame.Kind == BookFrameKind.Heartbeat)
            {
                var length = _wire.Write(_frame.Kind, _frame.Symbol, _frame.Bids, _frame.Asks, _frame.Checksum, _frame.ExchangeTime, ref buffer);
                Encoding.UTF8.GetString(buffer, 0, length).ShouldBe(Encoding.UTF8.GetString(text));
            }
        }

        counts[BookFrameKind.Snapshot].ShouldBe(snapshots);
        counts[BookFrameKind.Update].ShouldBe(updates);
        counts.GetValueOrDefault(BookFrameKind.Unreadable).ShouldBe(0);
    }

    [Theory]
    [InlineData("transcribed/algo_usd_snapshot_update_2024-10-03.jsonl", 2)]
    [InlineData("transcribed/docs_checksum_example_btc_usd.json", 1)]
    [InlineData("gst_usd_snapshot_2024-07.json", 1)]
    [InlineData("crossbook_seeds/kraken_snapshot.json", 1)]
    public void Transcribed_frames_verify(string path, int expected)
    {
        var chain = new BookChain(100, _wire);
        var verified = 0;
        foreach (var text in CaptureText.Lines(path))
        {
            _wire.Read(text, _frame);
            _frame.Kind.ShouldNotBe(BookFrameKind.Unreadable);
            if (_frame.IsBook)
            {
                chain.Apply(_frame.Kind == BookFrameKind.Snapshot, _frame.Bids, _frame.Asks, _frame.Checksum).ShouldBe(BookVerdict.Verified);
                verified++;
            }
        }

        verified.ShouldBe(expected);
    }

    [Fact]
    public void A_book_of_fewer_than_ten_prices_is_summed_over_those()
    {
        var book = new OrderBook(10);
        book.Replace([new WireLevel(5, 3, 25, 8)], [new WireLevel(6, 3, 1_00000000, 8), new WireLevel(70, 3, 3, 8)]);

        // asks 0.006 x 1.00000000, 0.070 x 0.00000003, then bids 0.005 x 0.00000025
        BookChecksum.Compute(book).ShouldBe(BitwiseCrc("6100000000703525"));
        book.Clear();
        BookChecksum.Compute(book).ShouldBe(0u);
    }

    [Fact]
    public void The_checksum_of_the_usual_test_text_is_the_usual_one()
    {
        Crc32.Compute("123456789"u8).ShouldBe(0xCBF43926u);
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => Crc32.Compute(bytes) == BitwiseCrc(bytes)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_order_of_keys_does_not_matter()
    {
        _wire.Read(Encoding.UTF8.GetBytes(Update), _frame);
        var (bids, asks, checksum, time) = (_frame.Bids.ToArray(), _frame.Asks.ToArray(), _frame.Checksum, _frame.ExchangeTime);
        time.ShouldBe(1785641751660084000);

        _wire.Read(
            """
             {"data":[{"timestamp":"2026-08-02T03:35:51.660084Z","asks":[{"qty":0.05500000,"price":63395.2}],"checksum":3726153463,"bids":[{"price":63381.0,"qty":0.00000000}],"symbol":"BTC/USD"}], "type":"update","channel":"book"}
            """u8,
            _frame);

        _frame.Kind.ShouldBe(BookFrameKind.Update);
        _frame.Bids.ToArray().ShouldBe(bids);
        _frame.Asks.ToArray().ShouldBe(asks);
        _frame.Checksum.ShouldBe(checksum);
        _frame.ExchangeTime.ShouldBe(time);
    }

    [Fact]
    public void Exponents_of_micro_prices_are_read()
    {
        _wire.Read(Encoding.UTF8.GetBytes(Update.Replace("63381.0", "1E-8", StringComparison.Ordinal).Replace("0.00000000", "0E0", StringComparison.Ordinal)), _frame);

        _frame.Kind.ShouldBe(BookFrameKind.Update, _frame.Error);
        _frame.Bids[0].Price.ShouldBe(100);
        _frame.Bids[0].IsRemoval.ShouldBeTrue();
    }

    [Theory]
    [InlineData("63381.0", "-1")]
    [InlineData("63381.0", "0")]
    [InlineData("63381.0", "01")]
    [InlineData("63381.0", "1.")]
    [InlineData("63381.0", ".5")]
    [InlineData("63381.0", "1.00000000001")]
    [InlineData("63381.0", "100000000")]
    [InlineData("63381.0", "\"1\"")]
    [InlineData("0.05500000", "1000000000000000000")]
    [InlineData("0.05500000", "NaN")]
    [InlineData("3726153463", "4294967296")]
    [InlineData("2026-08-02T", "2026-13-02T")]
    [InlineData("\"update\"", "\"delta\"")]
    [InlineData("}]}", "}]")]
    [InlineData(",\"qty\":0.05500000", "")]
    public void A_frame_that_cannot_be_is_unreadable_and_says_why(string part, string instead)
    {
        _wire.Read(Encoding.UTF8.GetBytes(Update.Replace(part, instead, StringComparison.Ordinal)), _frame);

        _frame.Kind.ShouldBe(BookFrameKind.Unreadable);
        _frame.Error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Other_frames_are_told_apart()
    {
        Read("""{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":16174536464690282295}]}""").Kind.ShouldBe(BookFrameKind.Status);
        _frame.ConnectionId.ShouldBe(16174536464690282295);
        Read("""{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"BTC/USD"},"success":true}""").Kind.ShouldBe(BookFrameKind.Answer);
        _frame.Depth.ShouldBe(25);
        _frame.Symbol.ShouldBe("BTC/USD");
        Read("""{"error":"Currency pair not supported XBT/USDT","method":"subscribe","success":false,"symbol":"XBT/USDT"}""").Kind.ShouldBe(BookFrameKind.Answer);
        _frame.Error.ShouldBe("Currency pair not supported XBT/USDT");
        Read("""{"channel":"heartbeat" }""").Kind.ShouldBe(BookFrameKind.Heartbeat);
        Read("""{"channel":"trade","type":"update","data":[{"symbol":"BTC/USDT"}]}""").Kind.ShouldBe(BookFrameKind.Other);
        Read("""[1]""").Kind.ShouldBe(BookFrameKind.Unreadable);
        Read("").Kind.ShouldBe(BookFrameKind.Unreadable);
    }

    [Fact]
    public void Any_level_is_written_and_read_back_to_the_digit() => Prop.ForAll(
        Levels().ToArbitrary(),
        levels =>
        {
            var buffer = new byte[16];
            var length = _wire.Write(BookFrameKind.Update, "SHIB/USD", levels, levels, 1, 1_785_552_833_646_219_000, ref buffer);
            _wire.Read(buffer.AsSpan(0, length), _frame);
            _frame.Kind.ShouldBe(BookFrameKind.Update, _frame.Error);
            _frame.Bids.ToArray().ShouldBe(levels);
            _frame.Asks.ToArray().ShouldBe(levels);
            _frame.ExchangeTime.ShouldBe(1_785_552_833_646_219_000);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Reading_applying_and_verifying_allocates_nothing_after_the_first_round()
    {
        Required.OptimisedCode();
        var frames = CaptureText.Frames(CaptureText.Names[1]);
        var chain = new BookChain(25, _wire);
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run().ShouldBe(2052);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(20_000, "only the status and the answer are read as JSON");

        int Run()
        {
            var verified = 0;
            foreach (var text in frames)
            {
                _wire.Read(text, _frame);
                if (_frame.IsBook && chain.Apply(_frame.Kind == BookFrameKind.Snapshot, _frame.Bids, _frame.Asks, _frame.Checksum) == BookVerdict.Verified)
                {
                    verified++;
                }
            }

            return verified;
        }
    }

    private static Gen<WireLevel[]> Levels() =>
        (from price in ArbMap.Default.GeneratorFor<uint>()
         from priceDecimals in Gen.Choose(2, 10)
         from high in Gen.Frequency((4, Gen.Constant(0u)), (1, Gen.Choose(0, 500).Select(value => (uint)value)))
         from low in ArbMap.Default.GeneratorFor<ulong>()
         from quantityDecimals in Gen.Choose(4, 10)
         select new WireLevel(price + 1L, (byte)priceDecimals, new UInt128(high, low), (byte)quantityDecimals)).ArrayOf();

    private static uint BitwiseCrc(string text) => BitwiseCrc(Encoding.ASCII.GetBytes(text));

    private static uint BitwiseCrc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
        }

        return ~crc;
    }

    private BookFrame Read(string text)
    {
        _wire.Read(Encoding.UTF8.GetBytes(text), _frame);
        return _frame;
    }
}
