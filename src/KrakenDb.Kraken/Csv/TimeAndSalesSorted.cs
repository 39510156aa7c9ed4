using System.Globalization;
using System.Runtime.InteropServices;

namespace KrakenDb.Kraken;

/// <summary>
/// A time-and-sales file that is not in order, read whole and put in order: by minute, then by id, then as in the file. Where a row was rejected nothing
/// is vouched for, because it may belong anywhere.
/// </summary>
internal sealed class TimeAndSalesSorted(CsvSource source, int batchSize, int rowsMax = TimeAndSalesSorted.RowsMax) : IImportPieces
{
    /// <summary>So many rows in random order (144 MB of text) made a process peak at 357 MB, 27 MB of them its own: 56 bytes per row, and batches of the default size.</summary>
    public const int RowsMax = 3_000_000;

    // Ten digits, two commas, two one-digit numbers and the line feed.
    private const int ShortestRow = 15;

    private static readonly string?[] OrderTypes = [null, "market", "limit"];

    private readonly TimeAndSalesParser _parser = new(source.Name);
    private readonly ChunkedRows<Row> _trades = new();
    private readonly List<Place> _order = new((int)Math.Min(rowsMax, (source.Length / ShortestRow) + 1));
    private readonly List<string> _miscs = [];
    private readonly Dictionary<string, int> _miscNumbers = new(StringComparer.Ordinal);
    private LineBlocks? _blocks;
    private TradeAssembly? _assembly;
    private int _next;

    public RowLog Log { get; } = new();

    /// <summary>Whether minutes and ids never go back: what <see cref="TimeAndSalesStream"/> needs. It knows an id that the next row repeats, no other.</summary>
    public static bool IsNotNeeded(CsvSource source, CancellationToken cancellationToken)
    {
        var parser = new TimeAndSalesParser(source.Name);
        using var blocks = source.Open(position: 0, cancellationToken);
        blocks.SkipPreamble();
        var isFirst = true;
        long minute = 0;
        long id = 0;
        long idBefore = 0;
        for (var line = 0L; blocks.Fill(); line++)
        {
            if ((line & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var outcome = parser.Read(blocks.Lines, isFirst, out var trade, out var length);
            if (outcome == LineOutcome.Trade)
            {
                if (trade.Minute < minute || (trade.Id > 0 && trade.Id <= id && trade.Id != idBefore))
                {
                    return false;
                }

                minute = trade.Minute;
                id = Math.Max(id, trade.Id);
                idBefore = trade.Id;
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
            if (Read(cancellationToken))
            {
                return Frame(isLast: false);
            }

            CollectionsMarshal.AsSpan(_order).Sort(Place.Compare);
            _assembly = new TradeAssembly(batchSize, claims: Log.Rejected == 0);
        }

        while (_next < _order.Count)
        {
            var trade = At(_order[_next]);
            if (!_assembly.Offer(trade))
            {
                return _assembly.Take(trade, Frame(isLast: false));
            }

            _next++;
        }

        _assembly.Finish();
        return _assembly.Take(next: null, Frame(isLast: true));
    }

    public void Dispose()
    {
        _blocks?.Dispose();
        _trades.Clear();
        _order.Clear();
        _order.Capacity = 0;
    }

    // True when it stopped only to give the rejected rows away.
    private bool Read(CancellationToken cancellationToken)
    {
        if (_blocks is null)
        {
            _blocks = source.Open(position: 0, cancellationToken);
            _blocks.SkipPreamble();
        }

        while (!Log.IsFull && _blocks.Fill())
        {
            if ((Log.Line & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var outcome = _parser.Read(_blocks.Lines, Log.Rows == 0, out var trade, out var length);
            Log.Line++;
            if (outcome != LineOutcome.Nothing)
            {
                Log.Rows++;
                Log.Rounded += _parser.Rounded;
            }

            if (Log.Rows > rowsMax)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{source.Name} is not in order of time and has more than the {rowsMax} rows that are put in order in memory. Sort it by time and import it again."));
            }

            if (outcome == LineOutcome.Trade)
            {
                _order.Add(new Place((int)(trade.Minute / UnixTime.MicrosecondsPerMinute), _trades.Count, trade.Id));
                Keep(trade);
            }
            else if (outcome == LineOutcome.Rejected)
            {
                Log.Reject(_parser.Reason, _blocks.Lines[..(length - 1)].TrimEnd((byte)'\r'), _parser.RejectedTime, index: 0);
            }

            _blocks.Advance(length);
        }

        return _blocks.Fill();
    }

    private void Keep(in TradeText trade)
    {
        if (!_miscNumbers.TryGetValue(trade.Misc, out var misc))
        {
            misc = _miscs.Count;
            _miscs.Add(trade.Misc);
            _miscNumbers.Add(trade.Misc, misc);
        }

        _trades.Add(new Row
        {
            Nanoseconds = trade.Nanoseconds,
            Price = trade.Price,
            VolumeUpper = unchecked((ulong)(trade.Volume >> 64)),
            VolumeLower = unchecked((ulong)trade.Volume),
            Misc = misc,
            Side = (byte)trade.Side,
            OrderType = (byte)Array.IndexOf(OrderTypes, trade.OrderType),
        });
    }

    private TradeText At(Place place)
    {
        ref readonly var row = ref _trades[place.Row];
        return new TradeText(
            row.Nanoseconds, row.Price, new Int128(row.VolumeUpper, row.VolumeLower), place.Id, (TradeSide)row.Side, OrderTypes[row.OrderType], _miscs[row.Misc]);
    }

    private ImportPiece Frame(bool isLast) => new()
    {
        Rejected = Log.Take(),
        Position = isLast ? source.Length : (long)((Int128)source.Length * _next / Math.Max(1, _order.Count)),
        Rows = isLast ? Log.Rows : _next,
        IsLast = isLast,
    };

    /// <summary>Where a trade belongs.</summary>
    /// <param name="Minute">Since 1970.</param>
    /// <param name="Row">Its place in the file, so that rows of one minute without ids stay as they are there.</param>
    private readonly record struct Place(int Minute, int Row, long Id)
    {
        public static int Compare(Place left, Place right) =>
            left.Minute != right.Minute ? left.Minute.CompareTo(right.Minute) : left.Id != right.Id ? left.Id.CompareTo(right.Id) : left.Row.CompareTo(right.Row);
    }

    // A trade without its id, which is in its Place: a third smaller than TradeText, and nothing for the garbage collector to look through.
    private struct Row
    {
        public long Nanoseconds;
        public long Price;
        public ulong VolumeUpper;
        public ulong VolumeLower;
        public int Misc;
        public byte Side;
        public byte OrderType;
    }
}
