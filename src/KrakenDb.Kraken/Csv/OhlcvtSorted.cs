using System.Globalization;
using System.Runtime.InteropServices;

namespace KrakenDb.Kraken;

/// <summary>
/// A file of candles that is not in order of time, read whole, put in order and cleared of repeated rows. A rejected row without a readable time leaves
/// out everything between the rows before and after it in the file.
/// </summary>
internal sealed class OhlcvtSorted(CsvSource source, Interval interval, int batchSize, int rowsMax = OhlcvtSorted.RowsMax) : IImportPieces
{
    /// <summary>So many rows in random order (275 MB of text) made a process peak at 399 MB, 27 MB of them its own: 64 bytes per row, and batches of the default size.</summary>
    public const int RowsMax = 5_000_000;

    private const int ChunkRows = 1 << 16;

    private readonly ChunkedRows<Row> _rows = new();

    // The minute since 1970 in the upper half, the place in the file in the lower.
    private readonly List<long> _order = new((int)Math.Min(rowsMax, (source.Length / OhlcvtStream.ShortestRow) + 1));
    private readonly List<TimeRange> _holes = [];
    private OhlcvtParser? _parser;
    private LineBlocks? _blocks;
    private long? _before;
    private bool _afterUnknown;
    private int _next;
    private bool _isRead;

    public RowLog Log { get; } = new();

    public ImportPiece Next(CancellationToken cancellationToken)
    {
        List<RejectedRow> rejected = [];
        if (!_isRead)
        {
            rejected = Read(cancellationToken);
            if (!_isRead)
            {
                return new ImportPiece { Rejected = rejected, Position = 0, Rows = 0, IsLast = false };
            }
        }

        var batch = CandleBatch.Rent(Math.Max(1, Math.Min(batchSize, _order.Count - _next)));
        var start = _next;
        long repeated = 0;
        long contradicting = 0;
        while (_next < _order.Count)
        {
            var row = At(_next);
            if (batch.Count > 0 && batch.Timestamp[batch.Count - 1] == row.Timestamp)
            {
                var kept = batch[batch.Count - 1];
                if (kept == row)
                {
                    repeated++;
                }
                else
                {
                    contradicting++;
                    if (CandlePrecedence.Compare(row, kept) > 0)
                    {
                        batch[batch.Count - 1] = row;
                    }
                }
            }
            else if (batch.Count == batchSize)
            {
                break;
            }
            else
            {
                batch.Add(row);
            }

            _next++;
        }

        var isLast = _next == _order.Count;
        return new ImportPiece
        {
            Candles = batch,
            Rejected = rejected,
            Covered = batch.Count == 0
                ? []
                : OhlcvtStream.Claims(interval, OhlcvtCoverage.Without(OpenAt(Math.Max(0, start - 1)), batch.Timestamp[batch.Count - 1], _holes)),
            WantedFrom = _order.Count > 0 ? UnixTime.ToDateTimeOffset(OpenAt(0)) : null,
            Repeated = repeated,
            Contradicting = contradicting,
            Position = isLast ? source.Length : (long)((Int128)source.Length * _next / _order.Count),
            Rows = Log.Rejected + _next,
            IsLast = isLast,
        };
    }

    public void Dispose()
    {
        _blocks?.Dispose();
        _rows.Clear();
        _order.Clear();
        _order.Capacity = 0;
    }

    private long OpenAt(int index) => (_order[index] >> 32) * UnixTime.MicrosecondsPerMinute;

    private CandleRow At(int index)
    {
        ref readonly var row = ref _rows[(int)(_order[index] & int.MaxValue)];
        return new CandleRow
        {
            Timestamp = OpenAt(index),
            Open = row.Open,
            High = row.High,
            Low = row.Low,
            Close = row.Close,
            Volume = new Int128(row.VolumeUpper, row.VolumeLower),
            QuoteVolume = CandleRow.UnknownVolume,
            TradeCount = row.TradeCount,
            Vwap = CandleRow.UnknownPrice,
            Source = CandleSource.OhlcvtCsv,
        };
    }

    // Stops early to give rejected rows away.
    private List<RejectedRow> Read(CancellationToken cancellationToken)
    {
        if (_blocks is null)
        {
            _parser = new OhlcvtParser(interval, Log);
            _blocks = source.Open(position: 0, cancellationToken);
            _blocks.SkipPreamble();
        }

        using var chunk = CandleBatch.Rent(ChunkRows);
        while (true)
        {
            chunk.Count = 0;
            var more = true;
            while (chunk.Count < ChunkRows && !Log.IsFull && (more = _blocks.Fill()))
            {
                cancellationToken.ThrowIfCancellationRequested();
                _blocks.Advance(_parser!.Parse(_blocks.Lines, chunk, ChunkRows));
            }

            if (Log.Rows > rowsMax)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{source.Name} is not in order of time and has more than the {rowsMax} rows that are put in order in memory. Sort it by its first column and import it again."));
            }

            Keep(chunk);
            var rejected = Log.Take();
            LeaveOut(chunk, rejected);
            if (!more)
            {
                CollectionsMarshal.AsSpan(_order).Sort();
                _isRead = true;
                return rejected;
            }

            if (rejected.Count > 0)
            {
                return rejected;
            }
        }
    }

    private void Keep(CandleBatch chunk)
    {
        for (var index = 0; index < chunk.Count; index++)
        {
            _order.Add((chunk.Timestamp[index] / UnixTime.MicrosecondsPerMinute << 32) | (long)_rows.Count);
            var volume = chunk.Volume[index];
            _rows.Add(new Row
            {
                Open = chunk.Open[index],
                High = chunk.High[index],
                Low = chunk.Low[index],
                Close = chunk.Close[index],
                TradeCount = chunk.TradeCount[index],
                VolumeUpper = unchecked((ulong)(volume >> 64)),
                VolumeLower = unchecked((ulong)volume),
            });
        }
    }

    private void LeaveOut(CandleBatch chunk, List<RejectedRow> rejected)
    {
        var opens = chunk.Timestamp.AsSpan(0, chunk.Count);
        if (_afterUnknown && opens.Length > 0)
        {
            Between(_before, opens[0]);
            _afterUnknown = false;
        }

        foreach (var row in rejected)
        {
            if (row.Time is { } time)
            {
                _holes.Add(new TimeRange(time, time + interval.Microseconds));
            }
            else if (row.Index < opens.Length)
            {
                Between(row.Index > 0 ? opens[row.Index - 1] : _before, opens[row.Index]);
            }
            else
            {
                _afterUnknown = true;
            }
        }

        _before = opens.Length > 0 ? opens[^1] : _before;
    }

    private void Between(long? before, long after)
    {
        if (before is { } open && Math.Min(open, after) + interval.Microseconds is var start && start < Math.Max(open, after))
        {
            _holes.Add(new TimeRange(start, Math.Max(open, after)));
        }
    }

    // What a file of candles says, without the padding that an Int128 brings along.
    private struct Row
    {
        public long Open;
        public long High;
        public long Low;
        public long Close;
        public long TradeCount;
        public ulong VolumeUpper;
        public ulong VolumeLower;
    }
}
