namespace KrakenDb.Kraken;

/// <summary>A file of candles in order of time, batch by batch.</summary>
internal sealed class OhlcvtStream : IImportPieces
{
    /// <summary>Bytes: 10 digits, six commas, five one-digit numbers, one for the count and the line feed.</summary>
    public const int ShortestRow = 23;

    private readonly CsvSource _source;
    private readonly Interval _interval;
    private readonly int _batchSize;
    private readonly OhlcvtParser _parser;
    private readonly OhlcvtCoverage _coverage;
    private readonly LineBlocks _blocks;

    public OhlcvtStream(CsvSource source, Interval interval, int batchSize, ImportState? state, long position, CancellationToken cancellationToken)
    {
        _source = source;
        _interval = interval;
        _batchSize = (int)Math.Min(batchSize, Math.Max(1, ((source.Length - position) / ShortestRow) + 1));
        _parser = new OhlcvtParser(interval, Log);
        _coverage = new OhlcvtCoverage(interval);
        if (state is { Candles: { } candles })
        {
            Log.Restore(state.Line, state.Rows, state.Rejected, state.Rounded);
            _coverage.Restore(candles.FirstOpen, candles.LastOpen, candles.HoleFrom, candles.Holes.Select(hole => new TimeRange(hole[0], hole[1])));
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
        var batch = CandleBatch.Rent(_batchSize);
        var more = true;
        while (batch.Count < _batchSize && !Log.IsFull && (more = _blocks.Fill()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _blocks.Advance(_parser.Parse(_blocks.Lines, batch, _batchSize));
        }

        OhlcvtParser.FillConstants(batch);
        var rejected = Log.Take();
        var opens = batch.Timestamp.AsSpan(0, batch.Count);
        var covered = _coverage.Add(opens, rejected);
        var isLast = !more || !_blocks.Fill();
        return new ImportPiece
        {
            Candles = batch,
            Rejected = rejected,
            Covered = Claims(_interval, covered),
            WantedFrom = _coverage.FirstOpen is { } first ? UnixTime.ToDateTimeOffset(first) : null,
            State = new ImportState
            {
                Line = Log.Line,
                Rows = Log.Rows,
                Rejected = Log.Rejected,
                Rounded = Log.Rounded,
                Candles = new CandleState(
                    _coverage.FirstOpen,
                    _coverage.LastOpen,
                    _coverage.HoleFrom,
                    [.. _coverage.Holes.Select(hole => new[] { hole.StartMicroseconds, hole.EndMicroseconds })]),
            },
            Position = isLast ? _source.Length : _blocks.Position,
            Rows = Log.Rows,
            IsLast = isLast,
        };
    }

    public void Dispose() => _blocks.Dispose();

    public static IReadOnlyList<(string DataType, CoverageRange Range)> Claims(Interval interval, IReadOnlyList<TimeRange> ranges) =>
    [
        .. ranges.Select(range => (DataType.Candles(interval), new CoverageRange { Range = range, Source = CandleSource.OhlcvtCsv, Grade = CoverageGrade.Claimed })),
    ];
}
