using System.Diagnostics.CodeAnalysis;

namespace KrakenDb.Kraken;

/// <summary>The pairs in file names: those that the caller named, then those of the catalog.</summary>
internal sealed class FileNames
{
    private readonly Dictionary<string, string> _given = new(StringComparer.OrdinalIgnoreCase);
    private SymbolCatalog _catalog = SymbolCatalog.BuiltIn;

    private FileNames()
    {
    }

    /// <exception cref="ArgumentException">A name is given a symbol that is none.</exception>
    public static async Task<FileNames> OpenAsync(IMarketStore store, IReadOnlyDictionary<string, string>? given, CancellationToken cancellationToken)
    {
        var names = new FileNames();
        names._catalog = names._catalog.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false));
        var added = new List<Instrument>();
        foreach (var (name, symbol) in given ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (!names._catalog.TryResolve(symbol, out var known))
            {
                known = symbol.Trim().ToUpperInvariant();
                added.Add(new Instrument { Symbol = known, Altname = name.Trim().ToUpperInvariant() });
            }

            names._given[name.Trim()] = known;
        }

        if (added.Count > 0)
        {
            names._catalog = names._catalog.With(added);
            await store.AddInstrumentsAsync(added, cancellationToken).ConfigureAwait(false);
        }

        return names;
    }

    public bool TryResolve(string name, [NotNullWhen(true)] out string? symbol) => _given.TryGetValue(name, out symbol) || _catalog.TryResolve(name, out symbol);

    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    public string Resolve(string name) => _given.TryGetValue(name, out var symbol) ? symbol : _catalog.Resolve(name);
}
