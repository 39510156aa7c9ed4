namespace KrakenDb;

/// <summary>The documents' <c>run_gap_filler</c>: opens a store, fills its gaps from Kraken and closes it again.</summary>
public static class GapFilling
{
    /// <param name="urlOrPath">As for <see cref="MarketStore.OpenAsync"/>.</param>
    /// <param name="symbols">In any spelling. Null or empty: everything stored, or <see cref="SymbolCatalog.DefaultSymbols"/> in an empty store.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="MarketStoreException">The store cannot be opened.</exception>
    /// <exception cref="UnknownSymbolException">A symbol is no market that is known.</exception>
    public static async Task<GapFillResult> RunGapFillerAsync(string? urlOrPath = null, IReadOnlyCollection<string>? symbols = null, CancellationToken cancellationToken = default)
    {
        var store = await MarketStore.OpenAsync(urlOrPath, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            using var exchange = new KrakenExchange(catalog: SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false)));
            return await new GapFiller(store, exchange, exchange, new GapFillerOptions { Symbols = symbols }).FillAllGapsAsync(progress: null, cancellationToken).ConfigureAwait(false);
        }
    }
}
