namespace KrakenDb;

/// <summary>The side of the taker: who crossed the spread.</summary>
public enum TradeSide
{
    Buy,
    Sell,
}
