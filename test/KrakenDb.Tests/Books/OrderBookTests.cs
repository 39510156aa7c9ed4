using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Books;

public sealed class OrderBookTests
{
    [Fact]
    public void Any_messages_give_the_book_of_a_naive_oracle() => Prop.ForAll(
        Messages().ToArbitrary(),
        messages =>
        {
            foreach (var depth in (int[])[1, 3, 10])
            {
                var book = new OrderBook(depth);
                var oracle = new NaiveBook(depth);
                foreach (var (isSnapshot, bids, asks) in messages)
                {
                    if (isSnapshot)
                    {
                        book.Replace(bids, asks);
                        oracle.Clear();
                    }
                    else
                    {
                        book.Apply(bids, asks);
                    }

                    oracle.Apply(bids, asks);
                    book.Bids.ToArray().ShouldBe(oracle.Bids);
                    book.Asks.ToArray().ShouldBe(oracle.Asks);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_pushed_out_of_the_depth_does_not_come_back_when_a_better_price_goes()
    {
        var book = new OrderBook(2);
        book.Replace([Level(100, 1), Level(99, 1)], []);
        book.Apply([Level(101, 1)], []);
        book.Apply([Level(101, 0)], []);

        book.Bids.ToArray().ShouldBe([Level(100, 1)]);
    }

    [Fact]
    public void A_side_is_cut_after_the_message_and_not_between_its_levels()
    {
        var book = new OrderBook(2);
        book.Replace([], [Level(100, 1), Level(101, 1)]);
        book.Apply([], [Level(99, 1), Level(99, 0)]);

        book.Asks.ToArray().ShouldBe([Level(100, 1), Level(101, 1)]);
    }

    [Fact]
    public void Prices_of_other_decimals_are_the_same_price_and_the_newer_digits_stay()
    {
        var book = new OrderBook(10);
        book.Replace([new WireLevel(10, 1, 5, 0)], []);
        book.Apply([new WireLevel(100, 2, 70, 1)], []);

        book.Bids.ToArray().ShouldBe([new WireLevel(100, 2, 70, 1)]);
    }

    [Fact]
    public void A_message_of_more_levels_than_twice_the_depth_is_applied_whole()
    {
        var book = new OrderBook(1);
        book.Apply([.. Enumerable.Range(1, 500).Select(price => Level(price, 1))], []);

        book.Bids.ToArray().ShouldBe([Level(500, 1)]);
    }

    [Fact]
    public void A_book_whose_buyers_pay_what_sellers_ask_is_crossed()
    {
        var book = new OrderBook(10);
        book.IsCrossed.ShouldBeFalse();
        book.Replace([Level(100, 1)], [Level(101, 1)]);
        book.IsCrossed.ShouldBeFalse();
        book.Apply([Level(101, 1)], []);
        book.IsCrossed.ShouldBeTrue();
    }

    [Fact]
    public void Updates_allocate_nothing_once_the_book_is_filled()
    {
        var book = new OrderBook(100);
        WireLevel[] levels = [.. Enumerable.Range(1, 200).Select(price => Level(price, price))];
        book.Replace(levels, levels);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            book.Apply(levels.AsSpan(round % 100, 100), levels.AsSpan(round % 90, 100));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_level_keeps_the_digits_of_the_wire_and_knows_its_value()
    {
        var level = WireLevel.FromScaled(630_049_000_000_000, 1, (Int128)18_769_4700, 8);
        level.ShouldBe(new WireLevel(630_049, 1, 1_876_947, 8));
        level.Price.ShouldBe(630_049_000_000_000);
        level.Quantity.ShouldBe(187_694_700);

        var large = WireLevel.FromScaled(1, 10, FixedPoint.VolumeLimit - 1, 10);
        large.Quantity.ShouldBe(FixedPoint.VolumeLimit - 1);
        large.HasShortQuantity.ShouldBeFalse();
    }

    private static WireLevel Level(long price, long quantity) => new(price, 1, (UInt128)quantity, 2);

    private static Gen<(bool IsSnapshot, WireLevel[] Bids, WireLevel[] Asks)[]> Messages()
    {
        var level =
            from price in Gen.Choose(1, 25)
            from priceDecimals in Gen.Choose(0, 1)
            from quantity in Gen.Frequency((2, Gen.Constant(0)), (3, Gen.Choose(1, 9)))
            select new WireLevel(priceDecimals == 0 ? price : price * 10, (byte)priceDecimals, (UInt128)quantity, 3);
        var message =
            from isSnapshot in Gen.Frequency((1, Gen.Constant(true)), (9, Gen.Constant(false)))
            from bids in level.ArrayOf()
            from asks in level.ArrayOf()
            select (isSnapshot, bids, asks);
        return message.ArrayOf();
    }

    // Sorted anew after every message, by value.
    private sealed class NaiveBook(int depth)
    {
        private Dictionary<long, WireLevel> _bids = [];
        private Dictionary<long, WireLevel> _asks = [];

        public WireLevel[] Bids => [.. _bids.OrderByDescending(entry => entry.Key).Select(entry => entry.Value)];

        public WireLevel[] Asks => [.. _asks.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

        public void Clear() => (_bids, _asks) = ([], []);

        public void Apply(WireLevel[] bids, WireLevel[] asks)
        {
            Set(_bids, bids);
            Set(_asks, asks);
            _bids = Bids.Take(depth).ToDictionary(level => level.Price);
            _asks = Asks.Take(depth).ToDictionary(level => level.Price);
        }

        private static void Set(Dictionary<long, WireLevel> side, WireLevel[] levels)
        {
            foreach (var level in levels)
            {
                side.Remove(level.Price);
                if (level.Quantity != 0)
                {
                    side[level.Price] = level;
                }
            }
        }
    }
}
