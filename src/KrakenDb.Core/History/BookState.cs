using System.Numerics;

namespace KrakenDb;

/// <summary>The order book of a market at a message.</summary>
public sealed record BookState
{
    /// <summary>As the exchange writes it.</summary>
    public required string Symbol { get; init; }

    /// <summary>Prices a side that were recorded at most.</summary>
    public required int Depth { get; init; }

    public required long SessionId { get; init; }

    /// <summary>The last message that is in it.</summary>
    public required long Sequence { get; init; }

    /// <summary>When that message was received, UTC, to the microsecond.</summary>
    public required DateTimeOffset ReceivedTime { get; init; }

    /// <summary>When the exchange says that it changed, UTC, to the microsecond; null where the message said no time.</summary>
    public DateTimeOffset? ExchangeTime { get; init; }

    /// <summary>Whether every message up to here was proven by its checksum. What is not is the book before the failure.</summary>
    public required bool IsVerified { get; init; }

    /// <summary>Best (highest) first.</summary>
    public required IReadOnlyList<BookPrice> Bids { get; init; }

    /// <summary>Best (lowest) first.</summary>
    public required IReadOnlyList<BookPrice> Asks { get; init; }

    /// <summary>Best ask less best bid, in the quote currency; null where a side is empty.</summary>
    public decimal? Spread => HasBoth ? Asks[0].Price - Bids[0].Price : null;

    /// <summary>Half way between best bid and best ask; null where a side is empty.</summary>
    public decimal? Mid => HasBoth ? (Asks[0].Price + Bids[0].Price) / 2 : null;

    private bool HasBoth => Bids.Count > 0 && Asks.Count > 0;

    /// <summary>(bids − asks) / (bids + asks) by quantity, from −1 (only sellers) to 1 (only buyers), rounded to 10 decimals; null for an empty book.</summary>
    /// <param name="levels">Prices a side that count.</param>
    public decimal? Imbalance(int levels = int.MaxValue)
    {
        var (bids, asks) = (Bids.Take(levels).Sum(price => price.Quantity), Asks.Take(levels).Sum(price => price.Quantity));
        return bids + asks > 0 ? decimal.Round((bids - asks) / (bids + asks), FixedPoint.Scale, MidpointRounding.AwayFromZero) : null;
    }

    /// <summary>Quantities whose price lies within a share of the mid price, in percent; 0 where a side is empty.</summary>
    public (decimal Bids, decimal Asks) DepthWithin(decimal percent)
    {
        if (Mid is not { } mid)
        {
            return (0, 0);
        }

        var distance = mid * percent / 100;
        return (Bids.TakeWhile(price => price.Price >= mid - distance).Sum(price => price.Quantity), Asks.TakeWhile(price => price.Price <= mid + distance).Sum(price => price.Quantity));
    }

    /// <summary>Takes a quantity from the best price on: <see cref="TradeSide.Buy"/> from the asks, <see cref="TradeSide.Sell"/> from the bids.</summary>
    /// <param name="side">The taker's side.</param>
    /// <param name="quantity">In the base currency, &gt; 0.</param>
    public BookFill CostToFill(TradeSide side, decimal quantity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quantity);
        var left = quantity;
        var value = BigInteger.Zero;
        decimal? worst = null;
        foreach (var price in side == TradeSide.Buy ? Asks : Bids)
        {
            if (left == 0)
            {
                break;
            }

            var taken = Math.Min(left, price.Quantity);
            value += (BigInteger)FixedPoint.PriceFromDecimal(price.Price) * (BigInteger)FixedPoint.VolumeFromDecimal(taken);
            left -= taken;
            worst = price.Price;
        }

        var filled = quantity - left;
        var average = TradeValue.AveragePrice(value, FixedPoint.VolumeFromDecimal(filled));
        return new BookFill(filled, TradeValue.ToDecimal(value), average is { } known ? FixedPoint.ToDecimal(known) : null, worst, left == 0);
    }
}
