using System.Globalization;
using System.Numerics;
using System.Text;

namespace KrakenDb.Kraken;

/// <summary>Lines of a time-and-sales file as trades. The first row decides about the layout of the file.</summary>
internal sealed class TimeAndSalesParser(string file)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    // 10^18 units at scale 20: what a value must stay below.
    private static readonly BigInteger ValueLimit = BigInteger.Pow(10, 38);

    private string _misc = "";

    public TimeAndSalesLayout Layout { get; set; }

    /// <summary>Why the line was rejected.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The time of a rejected line in microseconds, where it can be read.</summary>
    public long? RejectedTime { get; private set; }

    /// <summary>Numbers of the line that were rounded to ten decimals.</summary>
    public int Rounded { get; private set; }

    /// <summary>Reads the first line of <paramref name="lines"/>.</summary>
    /// <param name="lines">Ends with a line feed.</param>
    /// <param name="isFirst">No row was seen yet: it may be a header, and it decides about the layout.</param>
    /// <param name="trade">Where the outcome is a trade.</param>
    /// <param name="length">Bytes of the line, line feed included.</param>
    public unsafe LineOutcome Read(ReadOnlySpan<byte> lines, bool isFirst, out TradeText trade, out int length)
    {
        Rounded = 0;
        fixed (byte* first = lines)
        {
            var at = first;
            if (Layout == TimeAndSalesLayout.Three ? TryReadThree(ref at, out trade) : Layout == TimeAndSalesLayout.Seven & TryReadSeven(ref at, out trade))
            {
                length = (int)(at - first);
                return LineOutcome.Trade;
            }
        }

        var end = lines.IndexOf((byte)'\n');
        length = end + 1;
        var fields = new CsvFields(lines[..end]);
        if (fields.IsBlank || (isFirst && fields.IsHeader))
        {
            return LineOutcome.Nothing;
        }

        if (Layout == TimeAndSalesLayout.Unknown)
        {
            DecideLayout(fields);
        }

        if (Fault(fields, out trade) is { } reason)
        {
            Reason = reason;
            RejectedTime = Layout != TimeAndSalesLayout.Unknown && fields.Count == (int)Layout && TryParseTime(fields[TimeColumn], out var time) ? time / 1000 : null;
            return LineOutcome.Rejected;
        }

        return LineOutcome.Trade;
    }

    private int TimeColumn => Layout == TimeAndSalesLayout.Three ? 0 : 2;

    private static unsafe bool TryReadThree(ref byte* at, out TradeText trade)
    {
        trade = default;
        if (!DecimalText.TryReadPlain(ref at, out var time, out var timeDecimals)
            || !DecimalText.TryReadPlain(ref at, out var price, out var priceDecimals)
            || !DecimalText.TryReadPlain(ref at, out var volume, out var volumeDecimals, (byte)'\n'))
        {
            return false;
        }

        return TryMake(time, timeDecimals, price, priceDecimals, volume, volumeDecimals, id: 0, TradeSide.Buy, orderType: null, out trade);
    }

    // price,volume,seconds,b|s,m|l,,id
    private static unsafe bool TryReadSeven(ref byte* at, out TradeText trade)
    {
        trade = default;
        if (!DecimalText.TryReadPlain(ref at, out var price, out var priceDecimals)
            || !DecimalText.TryReadPlain(ref at, out var volume, out var volumeDecimals)
            || !DecimalText.TryReadPlain(ref at, out var time, out var timeDecimals)
            || at[0] is not ((byte)'b' or (byte)'s') || at[1] != ',' || at[2] is not ((byte)'m' or (byte)'l') || at[3] != ',' || at[4] != ',')
        {
            return false;
        }

        var side = at[0] == 'b' ? TradeSide.Buy : TradeSide.Sell;
        var orderType = at[2] == 'm' ? "market" : "limit";
        at += 5;
        return DecimalText.TryReadPlain(ref at, out var id, out var idDecimals, (byte)'\n') && idDecimals == 0
            && TryMake(time, timeDecimals, price, priceDecimals, volume, volumeDecimals, unchecked((long)id), side, orderType, out trade);
    }

    // False where a limit is near: the patient way looks closer.
    private static bool TryMake(
        ulong time, int timeDecimals, ulong price, int priceDecimals, ulong volume, int volumeDecimals, long id, TradeSide side, string? orderType, out TradeText trade)
    {
        trade = default;
        if (timeDecimals > 9 || !DecimalText.TryScalePrice(price, priceDecimals, out var scaledPrice) || scaledPrice == 0 || volume == 0)
        {
            return false;
        }

        var scaledVolume = DecimalText.ScaleVolume(volume, volumeDecimals);
        var nanoseconds = DecimalText.ScaleVolume(time, timeDecimals) / 10;
        if (nanoseconds < (Int128)OhlcvtParser.FirstSecond * NanosecondsPerSecond || nanoseconds >= (Int128)OhlcvtParser.EndSecond * NanosecondsPerSecond
            || scaledVolume >= FixedPoint.PriceLimit)
        {
            return false;
        }

        trade = new TradeText((long)nanoseconds, scaledPrice, scaledVolume, id, side, orderType, Misc: "");
        return true;
    }

    private static bool TryParseTime(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (!DecimalText.TryParse(text, out var scaled, out _)
            || scaled < (Int128)OhlcvtParser.FirstSecond * FixedPoint.One || scaled >= (Int128)OhlcvtParser.EndSecond * FixedPoint.One)
        {
            return false;
        }

        nanoseconds = (long)(scaled / (FixedPoint.One / NanosecondsPerSecond));
        return true;
    }

    private static string? Number(in CsvFields fields, int index, string name, out Int128 scaled, out bool rounded) =>
        DecimalText.TryParse(fields[index], out scaled, out rounded) ? null : $"the {name} '{fields.Text(index)}' is not a number";

    private void DecideLayout(in CsvFields fields)
    {
        if (fields.Count == (int)TimeAndSalesLayout.Three)
        {
            Layout = TimeAndSalesLayout.Three;
        }
        else if (fields.Count == (int)TimeAndSalesLayout.Seven)
        {
            if (TryParseTime(fields[0], out _) && DecimalText.TryParse(fields[3], out _, out _))
            {
                throw new ImportException($"{file} holds candles, and its name does not say of which interval: name it <PAIR>_<minutes>.csv, or give the interval. Nothing of it was stored.");
            }

            Layout = TimeAndSalesLayout.Seven;
        }
    }

    private string? Fault(in CsvFields fields, out TradeText trade)
    {
        trade = default;
        if (Layout == TimeAndSalesLayout.Unknown || fields.Count != (int)Layout)
        {
            return Layout == TimeAndSalesLayout.Unknown
                ? string.Create(CultureInfo.InvariantCulture, $"expected 3 or 7 columns but found {fields.Count}")
                : string.Create(CultureInfo.InvariantCulture, $"expected {(int)Layout} columns but found {fields.Count}");
        }

        var seven = Layout == TimeAndSalesLayout.Seven;
        var (side, orderType, id) = (TradeSide.Buy, (string?)null, (Int128)0);
        if ((seven ? Kind(fields, out side, out orderType, out id) : null) is { } kindFault)
        {
            return kindFault;
        }

        if (!TryParseTime(fields[TimeColumn], out var nanoseconds))
        {
            return $"the timestamp '{fields.Text(TimeColumn)}' is not a number of seconds between 2009 and 2100";
        }

        var priceFault = Number(fields, seven ? 0 : 1, "price", out var price, out var priceRounded);
        var volumeFault = Number(fields, seven ? 1 : 2, "volume", out var volume, out var volumeRounded);
        if ((priceFault ?? volumeFault) is { } reason)
        {
            return reason;
        }

        trade = new TradeText(nanoseconds, (long)Int128.Clamp(price, -1, FixedPoint.PriceLimit), volume, (long)Int128.Max(id, 0), side, orderType, seven ? Misc(fields[5]) : "");
        Rounded = (priceRounded ? 1 : 0) + (volumeRounded ? 1 : 0);

        // A row without id is held to the same limits.
        return (trade.ToRow() with { Id = Math.Max(1, trade.Id) }).Fault()
            ?? ((BigInteger)trade.Price * trade.Volume >= ValueLimit ? "price times volume is not below 10^18" : null);
    }

    private static string? Kind(in CsvFields fields, out TradeSide side, out string? orderType, out Int128 id)
    {
        id = 0;
        var rounded = false;
        (side, var isSide) = IsWord(fields[3], "b"u8, "buy"u8) ? (TradeSide.Buy, true) : (TradeSide.Sell, IsWord(fields[3], "s"u8, "sell"u8));
        orderType = IsWord(fields[4], "m"u8, "market"u8) ? "market" : IsWord(fields[4], "l"u8, "limit"u8) ? "limit" : null;
        if (!isSide)
        {
            return $"the side '{fields.Text(3)}' is neither b (buy) nor s (sell)";
        }

        if (orderType is null && !fields[4].IsEmpty)
        {
            return $"the order type '{fields.Text(4)}' is neither m (market) nor l (limit)";
        }

        if (fields[6].IsEmpty)
        {
            return null;
        }

        if (!DecimalText.TryParse(fields[6], out var scaled, out rounded) || rounded || scaled % FixedPoint.One != 0 || scaled / FixedPoint.One > long.MaxValue)
        {
            return $"the trade id '{fields.Text(6)}' is not a whole number";
        }

        id = scaled / FixedPoint.One;
        return null;
    }

    private static bool IsWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> letter, ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(text, letter) || Ascii.EqualsIgnoreCase(text, word);

    // Nearly always the same few bytes.
    private string Misc(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return "";
        }

        var misc = Encoding.UTF8.GetString(text);
        if (!string.Equals(misc, _misc, StringComparison.Ordinal))
        {
            _misc = misc;
        }

        return _misc;
    }
}

/// <summary>How the rows of a time-and-sales file look; the value is the number of columns.</summary>
internal enum TimeAndSalesLayout
{
    Unknown = 0,

    /// <summary><c>seconds,price,volume</c>, no header, whole or fractional seconds.</summary>
    Three = 3,

    /// <summary><c>price,volume,seconds,side,type,misc,trade id</c>, below a header of six names or none.</summary>
    Seven = 7,
}

/// <summary>What became of a line.</summary>
internal enum LineOutcome
{
    /// <summary>Blank, or a header.</summary>
    Nothing,
    Trade,
    Rejected,
}
