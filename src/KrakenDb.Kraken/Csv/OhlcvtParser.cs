using System.Globalization;
using System.Runtime.CompilerServices;

namespace KrakenDb.Kraken;

/// <summary>
/// Lines of <c>timestamp,open,high,low,close,volume,trades</c> into columns. Two ways that agree: a tight loop for the text that Kraken writes, and
/// a patient one for everything else, which also says what is wrong with a row.
/// </summary>
internal sealed class OhlcvtParser(Interval interval, RowLog log)
{
    // 2009-01-01 and 2100-01-01: a time outside is no time of a trade.
    public const long FirstSecond = 1_230_768_000;
    public const long EndSecond = 4_102_444_800;

    private const int Columns = 7;

    /// <summary>Takes rows until the lines or the room in the batch end. Whole lines are consumed; their bytes are returned.</summary>
    /// <param name="lines">Ends with a line feed.</param>
    /// <param name="batch">Filled behind its rows. Sources, quote volumes and averages are left to <see cref="FillConstants"/>.</param>
    /// <param name="limit">How many rows the batch may hold, at most its capacity.</param>
    public unsafe int Parse(ReadOnlySpan<byte> lines, CandleBatch batch, int limit)
    {
        fixed (byte* first = lines)
        {
            var end = first + lines.Length;
            var at = first;
            var count = batch.Count;
            var line = log.Line;
            var rows = log.Rows;
            while (at < end && count < limit && !log.IsFull)
            {
                var start = at;
                line = unchecked(line + 1);
                if (TryReadUsual(ref at, out var row))
                {
                    rows = unchecked(rows + 1);
                }
                else
                {
                    at = start;
                    var length = new ReadOnlySpan<byte>(at, (int)(end - at)).IndexOf((byte)'\n');
                    at += length + 1;
                    log.Line = line;
                    log.Rows = rows;
                    var taken = TryReadAny(new ReadOnlySpan<byte>(start, length), count, out row);
                    rows = log.Rows;
                    if (!taken)
                    {
                        continue;
                    }
                }

                batch.Timestamp[count] = row.Timestamp;
                batch.Open[count] = row.Open;
                batch.High[count] = row.High;
                batch.Low[count] = row.Low;
                batch.Close[count] = row.Close;
                batch.Volume[count] = row.Volume;
                batch.TradeCount[count] = row.TradeCount;
                count = unchecked(count + 1);
            }

            batch.Count = count;
            log.Line = line;
            log.Rows = rows;
            return (int)(at - first);
        }
    }

    /// <summary>The columns that are the same in every row of these files.</summary>
    public static void FillConstants(CandleBatch batch)
    {
        batch.QuoteVolume.AsSpan(0, batch.Count).Fill(CandleRow.UnknownVolume);
        batch.Vwap.AsSpan(0, batch.Count).Fill(CandleRow.UnknownPrice);
        batch.Source.AsSpan(0, batch.Count).Fill(CandleSource.OhlcvtCsv);
    }

    /// <summary>The open time at the front of a line when it is the start of a candle.</summary>
    public long? ReadTime(ReadOnlySpan<byte> line)
    {
        var comma = line.IndexOf((byte)',');
        return comma >= 0 && TryParseWhole(new CsvFields(line[..comma])[0], out var seconds) ? Time(seconds, out _) : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe bool TryReadUsual(ref byte* at, out Row row)
    {
        Unsafe.SkipInit(out row);
        if (!DecimalText.TryReadPlain(ref at, out var seconds, out var decimals) || decimals != 0 || seconds is < FirstSecond or >= EndSecond
            || !DecimalText.TryReadPlain(ref at, out var mantissa, out decimals) || !DecimalText.TryScalePrice(mantissa, decimals, out row.Open)
            || !DecimalText.TryReadPlain(ref at, out mantissa, out decimals) || !DecimalText.TryScalePrice(mantissa, decimals, out row.High)
            || !DecimalText.TryReadPlain(ref at, out mantissa, out decimals) || !DecimalText.TryScalePrice(mantissa, decimals, out row.Low)
            || !DecimalText.TryReadPlain(ref at, out mantissa, out decimals) || !DecimalText.TryScalePrice(mantissa, decimals, out row.Close)
            || !DecimalText.TryReadPlain(ref at, out mantissa, out decimals))
        {
            return false;
        }

        row.Volume = DecimalText.ScaleVolume(mantissa, decimals);
        var isCount = DecimalText.TryReadPlain(ref at, out mantissa, out decimals, (byte)'\n') && decimals == 0;
        row.TradeCount = unchecked((long)mantissa);
        row.Timestamp = unchecked((long)seconds * 1_000_000);
        return isCount
            && interval.Floor(row.Timestamp) == row.Timestamp
            && CandleRow.Fault(row.Open, row.High, row.Low, row.Close, row.Volume, row.TradeCount) is null;
    }

    private bool TryReadAny(ReadOnlySpan<byte> line, int index, out Row row)
    {
        row = default;
        var fields = new CsvFields(line);
        if (fields.IsBlank || (log.Rows == 0 && fields.IsHeader))
        {
            return false;
        }

        log.Rows++;
        var rounded = 0;
        if (Fault(fields, ref row, ref rounded) is { } reason)
        {
            log.Reject(reason, fields.Line, ReadTime(line), index);
            return false;
        }

        log.Rounded += rounded;
        return true;
    }

    private string? Fault(in CsvFields fields, ref Row row, ref int rounded)
    {
        if (fields.Count != Columns)
        {
            return string.Create(CultureInfo.InvariantCulture, $"expected {Columns} columns but found {fields.Count}");
        }

        if (!TryParseWhole(fields[0], out var seconds))
        {
            return $"the timestamp '{fields.Text(0)}' is not a whole number of seconds";
        }

        var time = Time(seconds, out var reason);
        row.Timestamp = time ?? 0;
        return reason
            ?? Price(fields, 1, "open", ref row.Open, ref rounded)
            ?? Price(fields, 2, "high", ref row.High, ref rounded)
            ?? Price(fields, 3, "low", ref row.Low, ref rounded)
            ?? Price(fields, 4, "close", ref row.Close, ref rounded)
            ?? Number(fields, 5, "volume", out row.Volume, ref rounded)
            ?? Trades(fields, ref row)
            ?? CandleRow.Fault(row.Open, row.High, row.Low, row.Close, row.Volume, row.TradeCount);
    }

    /// <summary>Microseconds since 1970, or null with the reason when no candle starts there.</summary>
    public long? Time(long seconds, out string? reason)
    {
        if (seconds is < FirstSecond or >= EndSecond)
        {
            reason = string.Create(CultureInfo.InvariantCulture, $"the timestamp {seconds} is not between 2009 and 2100");
            return null;
        }

        var time = seconds * 1_000_000;
        if (interval.Floor(time) != time)
        {
            reason = string.Create(CultureInfo.InvariantCulture, $"the timestamp {seconds} is not the start of a candle of {interval.Minutes} min");
            return null;
        }

        reason = null;
        return time;
    }

    private static string? Price(in CsvFields fields, int index, string name, ref long price, ref int rounded)
    {
        var reason = Number(fields, index, name, out var scaled, ref rounded);
        price = (long)Int128.Clamp(scaled, -1, FixedPoint.PriceLimit);
        return reason;
    }

    private static string? Number(in CsvFields fields, int index, string name, out Int128 scaled, ref int rounded)
    {
        if (!DecimalText.TryParse(fields[index], out scaled, out var cut))
        {
            return $"the {name} '{fields.Text(index)}' is not a number";
        }

        rounded += cut ? 1 : 0;
        return null;
    }

    private static string? Trades(in CsvFields fields, ref Row row)
    {
        if (!TryParseWhole(fields[6], out row.TradeCount))
        {
            return $"the number of trades '{fields.Text(6)}' is not a whole number";
        }

        return null;
    }

    // 12 and 12.0 are whole numbers.
    private static bool TryParseWhole(ReadOnlySpan<byte> text, out long whole)
    {
        whole = 0;
        if (!DecimalText.TryParse(text, out var scaled, out var cut) || cut || scaled % FixedPoint.One != 0 || Int128.Abs(scaled) >= FixedPoint.VolumeLimit)
        {
            return false;
        }

        whole = (long)(scaled / FixedPoint.One);
        return true;
    }

    private struct Row
    {
        public long Timestamp;
        public long Open;
        public long High;
        public long Low;
        public long Close;
        public Int128 Volume;
        public long TradeCount;
    }
}
