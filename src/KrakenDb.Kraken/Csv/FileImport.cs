using System.Globalization;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Kraken;

/// <summary>The import of one file: the next piece is parsed while the store writes the one before; a broken-off import goes on where its last commit ended.</summary>
/// <param name="interval">Null for time and sales.</param>
/// <param name="advance">Told after each commit how many bytes and rows of the file more are done.</param>
internal sealed partial class FileImport(
    IMarketStore store,
    CsvSource source,
    string symbol,
    Interval? interval,
    BulkCsvImporterOptions options,
    Action<long, long> advance)
{
    // A file that is not in order is held in memory: one at a time in the whole process.
    private static readonly SemaphoreSlim UnorderedTurn = new(1, 1);

    private readonly string _identity = source.Identity(symbol, interval);
    private ImportCounts _counts;
    private bool _isBegun;
    private bool _hasUsableRows;
    private long _bytesTold;
    private long _rowsTold;

    public async Task<ImportedFile> RunAsync(CancellationToken cancellationToken)
    {
        using var rejected = RejectedRowsFile.Of(source, options.RejectedDirectory, Environment.CurrentDirectory);
        var (state, position) = await ResumeAsync(rejected, cancellationToken).ConfigureAwait(false);
        var isOrdered = state is not null || await Task.Run(() => IsOrdered(cancellationToken), cancellationToken).ConfigureAwait(false);
        var log = isOrdered
            ? await WriteAllAsync(() => OpenOrdered(state, position, cancellationToken), rejected, cancellationToken).ConfigureAwait(false)
            : await WriteUnorderedAsync(rejected, cancellationToken).ConfigureAwait(false);
        if (log.Rejected > 0 && !_hasUsableRows)
        {
            var first = log.First!.Value;
            throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"None of the {log.Rows} rows of {source.Name} is usable (line {first.Line}: {first.Reason}). They are listed in {rejected.Path}."))
            {
                RejectedFile = rejected.Path,
            };
        }

        if (log.Rejected > 0)
        {
            LogRejected(options.Logger, source.Name, log.Rejected, log.Rows, rejected.Path);
        }

        if (log.Rounded > 0)
        {
            LogRounded(options.Logger, source.Name, log.Rounded);
        }

        return new ImportedFile
        {
            File = source.Name,
            Symbol = symbol,
            IntervalMinutes = (interval ?? Interval.Minute).Minutes,
            Rows = log.Rows,
            Inserted = _counts.Inserted,
            Unchanged = _counts.Unchanged,
            Conflicting = _counts.Conflicting,
            Rejected = log.Rejected,
            IsTimeAndSales = interval is null,
            Candles = _counts.Candles,
            Rounded = log.Rounded,
            RejectedFile = rejected.Path,
        };
    }

    private async Task<(ImportState? State, long Position)> ResumeAsync(RejectedRowsFile rejected, CancellationToken cancellationToken)
    {
        var cursor = await store.GetImportCursorAsync(_identity, cancellationToken).ConfigureAwait(false);
        if (cursor is null || ImportState.FromJson(cursor.State) is not { } state || !rejected.Continue(state.RejectedLength))
        {
            rejected.Restart();
            return (null, 0);
        }

        LogResumed(options.Logger, source.Name, cursor.Position, source.Length);
        _isBegun = true;
        _hasUsableRows = true;
        _counts = new ImportCounts(Inserted: 0, state.Rows - state.Rejected - state.Conflicting, state.Conflicting, state.CandleCount);
        Tell(cursor.Position, state.Rows);
        return (state, cursor.Position);
    }

    private bool IsOrdered(CancellationToken cancellationToken) => interval is { } width
        ? OhlcvtOrder.IsKept(source, width, cancellationToken)
        : TimeAndSalesSorted.IsNotNeeded(source, cancellationToken);

    private IImportPieces OpenOrdered(ImportState? state, long position, CancellationToken cancellationToken) => interval is { } width
        ? new OhlcvtStream(source, width, options.BatchSize, state, position, cancellationToken)
        : new TimeAndSalesStream(source, options.BatchSize, state, position, cancellationToken);

    private async Task<RowLog> WriteUnorderedAsync(RejectedRowsFile rejected, CancellationToken cancellationToken)
    {
        await UnorderedTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            LogUnordered(options.Logger, source.Name);
            return await WriteAllAsync(
                () => interval is { } width ? new OhlcvtSorted(source, width, options.BatchSize) : new TimeAndSalesSorted(source, options.BatchSize),
                rejected,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            UnorderedTurn.Release();
        }
    }

    private async Task<RowLog> WriteAllAsync(Func<IImportPieces> open, RejectedRowsFile rejected, CancellationToken cancellationToken)
    {
        using var pieces = await Task.Run(open, cancellationToken).ConfigureAwait(false);
        Task? writing = null;
        ImportPiece? parsed = null;
        try
        {
            do
            {
                parsed = await Task.Run(() => pieces.Next(cancellationToken), cancellationToken).ConfigureAwait(false);
                if (writing is not null)
                {
                    await writing.ConfigureAwait(false);
                    writing = null;
                }

                // On disk before the commit that leaves these rows out.
                rejected.Append(parsed.Rejected);
                writing = WriteAsync(parsed, rejected.Length, cancellationToken);
            }
            while (!parsed.IsLast);

            await writing.ConfigureAwait(false);
            writing = null;
            return pieces.Log;
        }
        finally
        {
            if (writing is not null)
            {
                await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WriteAsync(ImportPiece piece, long rejectedLength, CancellationToken cancellationToken)
    {
        using var candles = piece.Candles;
        if (piece.HasRows || (piece.IsLast && _isBegun))
        {
            var rowCounts = await ImportCounts.OfRowsWithoutIdAsync(store, symbol, piece, cancellationToken).ConfigureAwait(false);
            var receipt = await store.WriteAsync(ToWrite(piece, rejectedLength), cancellationToken).ConfigureAwait(false);
            _hasUsableRows |= piece.HasRows;
            _isBegun = true;
            _counts = _counts
                .Add(rowCounts)
                .Add(piece.RowsOfCandle is null ? ImportCounts.OfCandles(receipt) : ImportCounts.OfTrades(receipt))
                .Add(new ImportCounts(0, piece.Repeated, piece.Contradicting, 0));
        }

        Tell(piece.Position, piece.Rows);
    }

    private StoreWrite ToWrite(ImportPiece piece, long rejectedLength) => new()
    {
        Symbol = symbol,
        CandleInterval = interval ?? Interval.Minute,
        Candles = piece.Candles is { Count: > 0 } ? piece.Candles : null,
        Trades = piece.Trades,
        Covered = piece.Covered,
        WantedFrom = piece.WantedFrom,
        AllowExpiring = options.AllowExpiring,
        Cursor = piece.IsLast || piece.State is not { } state
            ? null
            : new ImportCursor(
                _identity,
                piece.Position,
                (state with { Conflicting = _counts.Conflicting, CandleCount = _counts.Candles + (piece.Candles?.Count ?? 0), RejectedLength = rejectedLength }).ToJson()),
        FinishedFile = piece.IsLast ? _identity : null,
    };

    private void Tell(long position, long rows)
    {
        advance(position - _bytesTold, rows - _rowsTold);
        _bytesTold = position;
        _rowsTold = rows;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{File}: going on at byte {Position} of {Length}")]
    private static partial void LogResumed(ILogger logger, string file, long position, long length);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is not in order of time; it is put in order in memory")]
    private static partial void LogUnordered(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File}: {Rejected} of {Rows} rows were rejected; they are listed in {RejectedFile}")]
    private static partial void LogRejected(ILogger logger, string file, long rejected, long rows, string? rejectedFile);

    [LoggerMessage(Level = LogLevel.Information, Message = "{File}: {Rounded} numbers were rounded to 10 decimals")]
    private static partial void LogRounded(ILogger logger, string file, long rounded);
}
