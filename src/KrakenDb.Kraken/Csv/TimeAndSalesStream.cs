namespace KrakenDb.Kraken;

/// <summary>A time-and-sales file in order of time, piece by piece.</summary>
internal sealed class TimeAndSalesStream : IImportPieces
{
    private readonly CsvSource _source;
    private readonly TimeAndSalesParser _parser;
    private readonly TradeAssembly _assembly;
    private readonly LineBlocks _blocks;

    public TimeAndSalesStream(CsvSource source, int batchSize, ImportState? state, long position, CancellationToken cancellationToken)
    {
        _source = source;
        _parser = new TimeAndSalesParser(source.Name);
        _assembly = new TradeAssembly(batchSize, claims: true);
        if (state is { Trades: { } trades })
        {
            Log.Restore(state.Line, state.Rows, state.Rejected, state.Rounded);
            _parser.Layout = (TimeAndSalesLayout)trades.Layout;
            _assembly.Coverage.Restore(trades);
        }

        _blocks = source.Open(position, cancellationToken);
        if (position == 0)
        {
            _blocks.SkipPreamble();
        }
    }

    public RowLog Log { get; } = new();

    public ImportPiece Next(CancellationToken cancellationToken)
    {
        var sinceCheck = 0;
        while (!Log.IsFull && _blocks.Fill())
        {
            if ((++sinceCheck & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var outcome = _parser.Read(_blocks.Lines, Log.Rows == 0, out var trade, out var length);
            if (outcome == LineOutcome.Trade && !_assembly.Offer(trade))
            {
                return WithState(_assembly.Take(trade, Frame(isLast: false)));
            }

            Log.Line++;
            if (outcome != LineOutcome.Nothing)
            {
                Log.Rows++;
                Log.Rounded += _parser.Rounded;
            }

            if (outcome == LineOutcome.Rejected)
            {
                Log.Reject(_parser.Reason, Line(length), _parser.RejectedTime, index: 0);
                _assembly.Coverage.Reject(_parser.RejectedTime);
            }

            _blocks.Advance(length);
        }

        if (_blocks.Fill())
        {
            // Only rejected rows are given away: a minute may be open, and nothing commits in the middle of one.
            return Frame(isLast: false);
        }

        _assembly.Finish();
        return WithState(_assembly.Take(next: null, Frame(isLast: true)));
    }

    public void Dispose() => _blocks.Dispose();

    private ReadOnlySpan<byte> Line(int length) => _blocks.Lines[..(length - 1)].TrimEnd((byte)'\r');

    private ImportPiece Frame(bool isLast) => new()
    {
        Rejected = Log.Take(),
        Position = isLast ? _source.Length : _blocks.Position,
        Rows = Log.Rows,
        IsLast = isLast,
    };

    // After the piece is taken: what it commits must not be committed twice.
    private ImportPiece WithState(ImportPiece piece) => piece with
    {
        State = new ImportState
        {
            Line = Log.Line,
            Rows = Log.Rows,
            Rejected = Log.Rejected,
            Rounded = Log.Rounded,
            Trades = _assembly.Coverage.Save(_parser.Layout),
        },
    };
}
