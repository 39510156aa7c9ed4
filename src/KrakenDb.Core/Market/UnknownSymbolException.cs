namespace KrakenDb;

/// <summary>A name that is no market of the catalog, or one of which nothing is stored.</summary>
public sealed class UnknownSymbolException(string message, string symbol, IReadOnlyList<string> nearMatches) : ArgumentException(message)
{
    public string Symbol { get; } = symbol;

    /// <summary>Known symbols that look alike, best first; may be empty.</summary>
    public IReadOnlyList<string> NearMatches { get; } = nearMatches;
}
