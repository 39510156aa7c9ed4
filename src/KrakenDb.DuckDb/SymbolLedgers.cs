using System.Collections.Concurrent;

namespace KrakenDb.DuckDb;

/// <summary>The ledgers of all symbols in memory: this process is the file's only writer, so what it last committed is what is stored.</summary>
internal sealed class SymbolLedgers
{
    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<string, SymbolLedger>? _ledgers;

    /// <summary>Null before the first <see cref="Load"/>.</summary>
    public ConcurrentDictionary<string, SymbolLedger>? Loaded => _ledgers;

    /// <summary>Read once, on first use. Ordinal order is the caller's business.</summary>
    public ConcurrentDictionary<string, SymbolLedger> Load(DuckDbSession session)
    {
        if (_ledgers is { } loaded)
        {
            return loaded;
        }

        // Under the lock, so that what a slow reader read before a commit can never be taken for what is stored after it.
        lock (_lock)
        {
            return _ledgers ??= new(LedgerTables.ReadAll(session).Select(ledger => KeyValuePair.Create(ledger.Symbol, ledger)), StringComparer.Ordinal);
        }
    }

    /// <summary>Active retention policies, read once; null to have them read again.</summary>
    public IReadOnlyList<RetentionPolicy>? Policies { get; set; }

    /// <summary>Per symbol an id above which no trade is stored, asked for at its first write. For the writer alone.</summary>
    public Dictionary<string, long> NewestTradeIds { get; } = new(StringComparer.Ordinal);

    /// <summary>After a failed write: a commit that reports an error may have happened, so the next use reads the tables again.</summary>
    public void Forget()
    {
        (_ledgers, Policies) = (null, null);
        NewestTradeIds.Clear();
    }
}
