using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Books;

public sealed class BookPackingTests
{
    [Fact]
    public void Any_book_is_unpacked_as_it_was() => Prop.ForAll(
        Sides().ToArbitrary(),
        sides =>
        {
            var book = new OrderBook(50);
            book.Replace(sides.Bids, sides.Asks);
            BookPacking.TryUnpack(BookPacking.TryPack(book)!, out var bids, out var asks).ShouldBeTrue();
            bids.ShouldBe(book.Bids.ToArray());
            asks.ShouldBe(book.Asks.ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_other_bytes_are_refused_or_a_book_but_never_an_error() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => _ = BookPacking.TryUnpack(bytes, out _, out _)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_book_of_differing_decimals_gets_no_keyframe()
    {
        var book = new OrderBook(10);
        book.Replace([new WireLevel(1, 0, 1, 0)], [new WireLevel(11, 1, 1, 0)]);

        BookPacking.TryPack(book).ShouldBeNull();
    }

    private static Gen<(WireLevel[] Bids, WireLevel[] Asks)> Sides()
    {
        var level =
            from price in Gen.Choose(1, int.MaxValue)
            from high in Gen.Frequency((4, Gen.Constant(0u)), (1, Gen.Constant(7u)))
            from low in ArbMap.Default.GeneratorFor<ulong>()
            select new WireLevel(price, 5, new UInt128(high, low), 8);
        return from bids in level.ArrayOf() from asks in level.ArrayOf() select (bids, asks);
    }
}
