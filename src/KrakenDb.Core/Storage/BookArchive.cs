namespace KrakenDb;

internal static class BookArchive
{
    /// <summary>The order books of a store.</summary>
    /// <exception cref="MarketStoreException">The store keeps none.</exception>
    public static IBookArchive Of(IMarketReader store) =>
        store as IBookArchive ?? throw new MarketStoreException("this store cannot be asked for order books. Name the store's own file or server: --db-url");
}
