using System.Collections.Concurrent;

namespace KrakenDb.DuckDb;

/// <summary>The ledgers of all symbols in memory: this process is the file's only writer, so what it last committed is what is stored.</summary>
internal sealed class SymbolLedgers
{
    private ConcurrentDictionary<string, SymbolLedger>? _ledgers;

    /// <summary>Read once, on first use. Ordinal order is the caller's business.</summary>
    public ConcurrentDictionary<string, SymbolLedger> Load(DuckDbSession session)
    {
        if (_ledgers is { } loaded)
        {
            return loaded;
        }

        var read = new ConcurrentDictionary<string, SymbolLedger>(LedgerTables.ReadAll(session).Select(ledger => KeyValuePair.Create(ledger.Symbol, ledger)), StringComparer.Ordinal);
        return Interlocked.CompareExchange(ref _ledgers, read, comparand: null) ?? read;
    }

    /// <summary>Null before the first <see cref="Load"/>.</summary>
    public ConcurrentDictionary<string, SymbolLedger>? Loaded => _ledgers;
}
