using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>
/// A time-and-sales file that is not in order, read whole and put in order: by minute, then by id, then as in the file. Where a row was rejected nothing
/// is vouched for, because it may belong anywhere.
/// </summary>
internal sealed class TimeAndSalesSorted(CsvSource source, int batchSize) : IImportPieces
{
    /// <summary>Some 80 bytes each.</summary>
    public const int RowsMax = 8_000_000;

    private readonly List<TradeText> _trades = [];
    private readonly List<RejectedRow> _rejected = [];
    private TradeAssembly? _assembly;
    private int _next;

    public RowLog Log { get; } = new();

    /// <summary>Whether minutes never go back and ids rise: what <see cref="TimeAndSalesStream"/> needs.</summary>
    public static bool IsNotNeeded(CsvSource source, CancellationToken cancellationToken)
    {
        var parser = new TimeAndSalesParser(source.Name);
        using var blocks = source.Open(position: 0, cancellationToken);
        blocks.SkipPreamble();
        var isFirst = true;
        long minute = 0;
        long id = 0;
        for (var line = 0L; blocks.Fill(); line++)
        {
            if ((line & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var outcome = parser.Read(blocks.Lines, isFirst, out var trade, out var length);
            if (outcome == LineOutcome.Trade)
            {
                if (trade.Minute < minute || (trade.Id > 0 && trade.Id <= id))
                {
                    return false;
                }

                minute = trade.Minute;
                id = Math.Max(id, trade.Id);
            }

            isFirst &= outcome == LineOutcome.Nothing;
            blocks.Advance(length);
        }

        return true;
    }

    public ImportPiece Next(CancellationToken cancellationToken)
    {
        if (_assembly is null)
        {
            Read(cancellationToken);
            _assembly = new TradeAssembly(batchSize, claims: _rejected.Count == 0);
        }

        var rejected = _next == 0 ? _rejected : [];
        while (_next < _trades.Count)
        {
            if (!_assembly.Offer(_trades[_next]))
            {
                return _assembly.Take(_trades[_next], Frame(rejected, isLast: false));
            }

            _next++;
        }

        _assembly.Finish();
        return _assembly.Take(next: null, Frame(rejected, isLast: true));
    }

    public void Dispose() => _trades.Clear();

    private void Read(CancellationToken cancellationToken)
    {
        var parser = new TimeAndSalesParser(source.Name);
        using var blocks = source.Open(position: 0, cancellationToken);
        blocks.SkipPreamble();
        while (blocks.Fill())
        {
            if ((Log.Line & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var outcome = parser.Read(blocks.Lines, Log.Rows == 0, out var trade, out var length);
            Log.Line++;
            if (outcome != LineOutcome.Nothing)
            {
                Log.Rows++;
                Log.Rounded += parser.Rounded;
            }

            if (outcome == LineOutcome.Trade)
            {
                _trades.Add(trade);
            }
            else if (outcome == LineOutcome.Rejected)
            {
                Log.Reject(parser.Reason, blocks.Lines[..(length - 1)].TrimEnd((byte)'\r'), parser.RejectedTime, index: 0);
            }

            if (Log.IsFull)
            {
                _rejected.AddRange(Log.Take());
            }

            if (_trades.Count + _rejected.Count > RowsMax)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{source.Name} is not in order of time and has more than the {RowsMax} rows that are put in order in memory. Sort it by time and import it again."));
            }

            blocks.Advance(length);
        }

        _rejected.AddRange(Log.Take());
        Sort();
    }

    // A stable sort: rows of one minute without ids stay as they are in the file.
    private void Sort()
    {
        var ordered = _trades.OrderBy(trade => trade.Minute).ThenBy(trade => trade.Id).ToList();
        _trades.Clear();
        _trades.AddRange(ordered);
    }

    private ImportPiece Frame(IReadOnlyList<RejectedRow> rejected, bool isLast) => new()
    {
        Rejected = rejected,
        Position = isLast ? source.Length : (long)((Int128)source.Length * _next / Math.Max(1, _trades.Count)),
        Rows = isLast ? Log.Rows : _next,
        IsLast = isLast,
    };
}
