using System.Text.Json;

namespace KrakenDb;

/// <summary>
/// Copies all that is not derived from one store into another, of any two engines, and compares both at the end. Each piece of rows commits with its coverage and
/// with how far the copy has come, so that a copy that is killed anywhere goes on there; memory is constant.
/// </summary>
/// <param name="source">Only read. What is written to it meanwhile may be missing, and the comparison then says so.</param>
/// <param name="destination">Empty, equal to the source, an unfinished copy of it, or (with <paramref name="isMerge"/>) anything.</param>
/// <param name="createWire">How the exchange writes order books.</param>
/// <param name="isMerge">Whether the destination may hold other data: candles, trades and coverage are merged by precedence; other rows that are there stay.</param>
/// <param name="progress">Told after each commit.</param>
internal sealed class StoreCopy(IMarketStore source, IMarketStore destination, Func<IBookWire> createWire, bool isMerge = false, IProgress<StoreCopyProgress>? progress = null)
{
    /// <summary>Cursors of a copy under way; the one of this name alone says whose copy it is.</summary>
    public const string CursorPrefix = "copy:";

    private const string Done = "done";

    private readonly ITableStore _sourceTables = Tables(source);
    private readonly ITableStore _destinationTables = Tables(destination);

    /// <exception cref="MarketStoreException">The stores are one, or the destination holds something else and <c>isMerge</c> was not given. Nothing was written.</exception>
    public async Task<StoreCopyReport> RunAsync(CancellationToken cancellationToken)
    {
        var identity = await _sourceTables.GetIdentityAsync(cancellationToken).ConfigureAwait(false);
        if (identity == await _destinationTables.GetIdentityAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new MarketStoreException($"{await LocationAsync(source, cancellationToken).ConfigureAwait(false)} is both --from and --to. Name another store to copy to.");
        }

        var tables = await TablesAsync(cancellationToken).ConfigureAwait(false);
        var comparison = new StoreComparison(source, destination, tables, createWire);
        var begun = await destination.GetImportCursorAsync(CursorPrefix, cancellationToken).ConfigureAwait(false);
        var merges = isMerge;
        if (begun is not null && Begun.Parse(begun.State) is var earlier)
        {
            if (earlier.Source != identity && !isMerge)
            {
                throw new MarketStoreException($"{await LocationAsync(destination, cancellationToken).ConfigureAwait(false)} is an unfinished copy of {earlier.Source}. Finish that one, copy into another store, or give --merge.");
            }

            // What began as a merge ends as one.
            merges |= earlier.IsMerge;
            if (earlier.Source != identity)
            {
                await _destinationTables.DeleteCursorsAsync(CursorPrefix, cancellationToken).ConfigureAwait(false);
                begun = null;
            }
        }
        else if (await comparison.FirstTableWithRowsAsync(_destinationTables, cancellationToken).ConfigureAwait(false) is not { } occupied)
        {
            // Into an empty store a merge is a copy.
            merges = false;
        }
        else if (!isMerge)
        {
            if (await comparison.MayBeEqualAsync(cancellationToken).ConfigureAwait(false)
                && await comparison.RunAsync(isMerge: false, cancellationToken).ConfigureAwait(false) is var checks && checks.All(check => check.Verdict == CopyVerdict.Same))
            {
                return new StoreCopyReport { WasEqual = true, IsMerge = false, Checks = checks, WithExpired = [] };
            }

            throw new MarketStoreException($"{await LocationAsync(destination, cancellationToken).ConfigureAwait(false)} is not empty (table {occupied}) and differs from the source; nothing was written. Copy into a new store, or give --merge to add what it lacks: candles and trades by precedence, other rows that it has stay.");
        }

        if (begun is null)
        {
            await SetCursorAsync(new ImportCursor(CursorPrefix, 0, new Begun(identity, merges).ToText()), cancellationToken).ConfigureAwait(false);
        }

        var expired = await CopyAsync(tables, merges, cancellationToken).ConfigureAwait(false);
        await destination.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
        await _destinationTables.DeleteCursorsAsync(CursorPrefix, cancellationToken).ConfigureAwait(false);
        return new StoreCopyReport { WasEqual = false, IsMerge = merges, Checks = await comparison.RunAsync(merges, cancellationToken).ConfigureAwait(false), WithExpired = expired };
    }

    private static ITableStore Tables(IMarketStore store) => store as ITableStore ?? throw new MarketStoreException("A store that another process serves cannot be copied as a whole, nor into. Stop that process, or copy a backup: kraken-db db backup FILE");

    private static async Task<string> LocationAsync(IMarketStore store, CancellationToken cancellationToken) => (await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Location;

    private async Task<IReadOnlyList<StoreTable>> TablesAsync(CancellationToken cancellationToken)
    {
        var from = await _sourceTables.GetTablesAsync(cancellationToken).ConfigureAwait(false);
        var to = await _destinationTables.GetTablesAsync(cancellationToken).ConfigureAwait(false);
        var tables = new List<StoreTable>();
        foreach (var table in StoreTables.All.Where(table => from.ContainsKey(table.Name)))
        {
            if (to.ContainsKey(table.Name))
            {
                tables.Add(table);
            }
            else if ((await _sourceTables.ReadRowsAsync(table, after: null, 1, cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                throw new MarketStoreException($"The source has rows in the table {table.Name}, which {await LocationAsync(destination, cancellationToken).ConfigureAwait(false)} does not have. Bring it up to date: kraken-db db init");
            }
        }

        return tables;
    }

    /// <summary>Returns the markets with expired minutes.</summary>
    private async Task<IReadOnlyList<string>> CopyAsync(IReadOnlyList<StoreTable> tables, bool merges, CancellationToken cancellationToken)
    {
        var ledgers = await StoreLedgers.ReadAsync(source, _sourceTables, cancellationToken).ConfigureAwait(false);
        foreach (var table in tables)
        {
            switch (table.Mode)
            {
                case TableCopyMode.Candles:
                    foreach (var ledger in ledgers.Where(ledger => ledger.Interval is not null))
                    {
                        await CopyCandlesAsync(ledger, cancellationToken).ConfigureAwait(false);
                    }

                    break;
                case TableCopyMode.Trades:
                    foreach (var ledger in ledgers.Where(ledger => ledger.DataType == DataType.Trades))
                    {
                        await CopyTradesAsync(ledger, merges, cancellationToken).ConfigureAwait(false);
                    }

                    break;
                case TableCopyMode.Books:
                    await new BookCopy(BookArchive.Of(source), BookArchive.Of(destination), ledgers, createWire, progress).RunAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case TableCopyMode.Derived:
                    // Coverage of what the tables above hold, claimed after their rows.
                    foreach (var ledger in ledgers.Where(ledger => ledger.Interval is null && ledger.DataType != DataType.Trades))
                    {
                        await destination.WriteAsync(ledger.Claims([]), cancellationToken).ConfigureAwait(false);
                    }

                    if (!merges)
                    {
                        await CopyRowsAsync(table, merges, cancellationToken).ConfigureAwait(false);
                    }

                    break;
                case TableCopyMode.Rows:
                    await CopyRowsAsync(table, merges, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    break;
            }
        }

        return [.. ledgers.Where(ledger => ledger.Interval == Interval.Minute && ledger.Coverage.Any(range => range.Grade == CoverageGrade.Expired)).Select(ledger => ledger.Symbol)];
    }

    private async Task CopyCandlesAsync(StoreLedger ledger, CancellationToken cancellationToken)
    {
        var interval = ledger.Interval!.Value;
        var cursor = CursorPrefix + ledger.DataType + " " + ledger.Symbol;
        if (await ResumeAsync(cursor, cancellationToken).ConfigureAwait(false) is { State: Done })
        {
            return;
        }

        if (await ledger.ExtentAfterAsync(destination, cursor, cancellationToken).ConfigureAwait(false) is { } extent)
        {
            long rows = 0;
            await foreach (var (candles, range) in StoreStreams.CandlesAsync(source, ledger.Symbol, interval, extent, cancellationToken).ConfigureAwait(false))
            {
                using (candles)
                {
                    var write = new StoreWrite
                    {
                        Symbol = ledger.Symbol,
                        CandleInterval = interval,
                        Candles = candles.Count > 0 ? candles : null,
                        Covered = ledger.CoveredIn(range),
                        Cursor = new ImportCursor(cursor, range.EndMicroseconds, ""),
                    };
                    await destination.WriteAsync(write, cancellationToken).ConfigureAwait(false);
                    rows += candles.Count;
                    progress?.Report(new StoreCopyProgress("candles", $"{ledger.Symbol} {interval}", rows));
                }
            }
        }

        await destination.WriteAsync(ledger.Claims([]) with { Cursor = new ImportCursor(cursor, 0, Done) }, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyTradesAsync(StoreLedger ledger, bool merges, CancellationToken cancellationToken)
    {
        var cursor = CursorPrefix + ledger.DataType + " " + ledger.Symbol;
        if (await ResumeAsync(cursor, cancellationToken).ConfigureAwait(false) is { State: Done })
        {
            return;
        }

        if (await ledger.ExtentAfterAsync(destination, cursor, cancellationToken).ConfigureAwait(false) is { } extent)
        {
            long rows = 0;
            await foreach (var (trades, window, isLast) in StoreStreams.TradesAsync(source, ledger.Symbol, extent, cancellationToken).ConfigureAwait(false))
            {
                // A window is claimed with the last of its rows.
                var write = new StoreWrite
                {
                    Symbol = ledger.Symbol,
                    Trades = trades.Count > 0 ? trades : null,
                    Covered = isLast ? ledger.CoveredIn(window) : [],
                    Cursor = isLast ? new ImportCursor(cursor, window.EndMicroseconds, "") : null,
                };
                await destination.WriteAsync(write, cancellationToken).ConfigureAwait(false);
                rows += trades.Count;
                progress?.Report(new StoreCopyProgress("trades", ledger.Symbol, rows));
            }
        }

        // Where the destination has looked for the same ids itself, its word stays.
        var known = merges ? await destination.GetAbsentTradeIdsAsync(ledger.Symbol, cancellationToken).ConfigureAwait(false) : [];
        var absent = ledger.Absent.Where(ids => !known.Any(other => other.FirstId <= ids.LastId && ids.FirstId <= other.LastId)).ToList();
        await destination.WriteAsync(ledger.Claims(absent) with { Cursor = new ImportCursor(cursor, 0, Done) }, cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyRowsAsync(StoreTable table, bool merges, CancellationToken cancellationToken)
    {
        var cursor = CursorPrefix + table.Name;
        var resumed = await ResumeAsync(cursor, cancellationToken).ConfigureAwait(false);
        if (resumed is { State: Done })
        {
            return;
        }

        var after = resumed is null ? null : JsonSerializer.Deserialize(resumed.State, StoreCopyJson.Default.StringArray);
        var rows = resumed?.Position ?? 0;
        await foreach (var page in StoreStreams.PagesAsync(_sourceTables, table, after, cancellationToken).ConfigureAwait(false))
        {
            var kept = table == StoreTables.Cursors ? [.. page.Where(row => !row[0]!.StartsWith(CursorPrefix, StringComparison.Ordinal))] : page;
            rows += kept.Count;
            var state = JsonSerializer.Serialize(table.KeyOf(page[^1]), StoreCopyJson.Default.StringArray);
            await _destinationTables.WriteRowsAsync(table, kept, replaces: !merges, new ImportCursor(cursor, rows, state), cancellationToken).ConfigureAwait(false);
            progress?.Report(new StoreCopyProgress(table.Name, "", rows));
        }

        await SetCursorAsync(new ImportCursor(cursor, rows, Done), cancellationToken).ConfigureAwait(false);
    }

    private Task<ImportCursor?> ResumeAsync(string cursor, CancellationToken cancellationToken) => destination.GetImportCursorAsync(cursor, cancellationToken);

    private Task SetCursorAsync(ImportCursor cursor, CancellationToken cancellationToken) =>
        _destinationTables.WriteRowsAsync(StoreTables.Cursors, [], replaces: true, cursor, cancellationToken);
}

/// <summary>Whose copy a destination is while the copy is unfinished.</summary>
internal sealed record Begun(string Source, bool IsMerge)
{
    public static Begun Parse(string state) => JsonSerializer.Deserialize(state, StoreCopyJson.Default.Begun)!;

    public string ToText() => JsonSerializer.Serialize(this, StoreCopyJson.Default.Begun);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Begun))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class StoreCopyJson : System.Text.Json.Serialization.JsonSerializerContext;
