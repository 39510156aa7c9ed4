using KrakenDb.Kraken;

namespace KrakenDb;

/// <summary>The door to recorded order books.</summary>
public static class OrderBooks
{
    /// <summary>The recordings of a store.</summary>
    /// <param name="store">From <see cref="MarketStore.OpenAsync"/>; stays the caller's.</param>
    /// <param name="timeProvider">The clock behind paced replay; null for the system's.</param>
    /// <exception cref="MarketStoreException">The store keeps no order books.</exception>
    public static OrderBookHistory Of(IMarketReader store, TimeProvider? timeProvider = null) => new(store, () => new KrakenBookWire(), timeProvider);
}
