using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Books;

public sealed class BookStateTests
{
    private readonly BookState _book = new()
    {
        Symbol = "BTC/USD",
        Depth = 10,
        SessionId = 1,
        Sequence = 1,
        ReceivedTime = DateTimeOffset.UnixEpoch,
        IsVerified = true,
        Bids = [new(100, 1), new(99, 2), new(90, 10)],
        Asks = [new(101, 3), new(103, 1)],
    };

    [Fact]
    public void Spread_and_mid_lie_between_the_best_prices()
    {
        _book.Spread.ShouldBe(1);
        _book.Mid.ShouldBe(100.5m);
        (_book with { Asks = [] }).Spread.ShouldBeNull();
        (_book with { Bids = [] }).Mid.ShouldBeNull();
    }

    [Fact]
    public void Imbalance_compares_the_quantities_of_both_sides()
    {
        _book.Imbalance(1).ShouldBe(-0.5m);
        _book.Imbalance().ShouldBe(decimal.Round(9m / 17, 10));
        (_book with { Bids = [], Asks = [] }).Imbalance().ShouldBeNull();
    }

    [Fact]
    public void Depth_is_counted_within_a_share_of_the_mid_price()
    {
        _book.DepthWithin(1).ShouldBe((1m, 3m));
        _book.DepthWithin(2).ShouldBe((3m, 3m));
        _book.DepthWithin(50).ShouldBe((13m, 4m));
        (_book with { Asks = [] }).DepthWithin(50).ShouldBe((0m, 0m));
    }

    [Fact]
    public void A_fill_takes_the_best_prices_first_and_says_when_the_depth_has_not_enough()
    {
        _book.CostToFill(TradeSide.Sell, 2).ShouldBe(new BookFill(2, 199, 99.5m, 99, true));
        _book.CostToFill(TradeSide.Buy, 5).ShouldBe(new BookFill(4, 406, 101.5m, 103, false));
        (_book with { Asks = [] }).CostToFill(TradeSide.Buy, 1).ShouldBe(new BookFill(0, 0, null, null, false));
        Should.Throw<ArgumentOutOfRangeException>(() => _book.CostToFill(TradeSide.Buy, 0));
    }
}
