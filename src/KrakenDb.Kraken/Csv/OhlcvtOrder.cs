namespace KrakenDb.Kraken;

/// <summary>
/// Whether a file of candles is in order of time, as all of Kraken's are. Found out before anything is stored, because what a batch covers depends on
/// there being no row of that time further down.
/// </summary>
internal static class OhlcvtOrder
{
    /// <summary>Each row that has a readable time has a later one than the row before.</summary>
    public static bool IsKept(CsvSource source, Interval interval, CancellationToken cancellationToken)
    {
        using var blocks = source.Open(position: 0, cancellationToken);
        blocks.SkipPreamble();
        var parser = new OhlcvtParser(interval, new RowLog());
        long previous = 0;
        while (blocks.Fill())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var lines = blocks.Lines;
            if (!IsKept(lines, ref previous, parser))
            {
                return false;
            }

            blocks.Advance(lines.Length);
        }

        return true;
    }

    private static bool IsKept(ReadOnlySpan<byte> lines, ref long previous, OhlcvtParser parser)
    {
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var time = ReadUsual(lines) is { } seconds ? parser.Time(seconds, out _) : parser.ReadTime(lines[..end]);
            if (time is { } open)
            {
                if (open <= previous)
                {
                    return false;
                }

                previous = open;
            }

            lines = lines[(end + 1)..];
        }

        return true;
    }

    // Ten digits and a comma: any time between 2001 and 2286.
    private static long? ReadUsual(ReadOnlySpan<byte> line)
    {
        if (line.Length < 11 || line[10] != ',')
        {
            return null;
        }

        unchecked
        {
            long seconds = 0;
            foreach (var character in line[..10])
            {
                var digit = (uint)(character - '0');
                if (digit > 9)
                {
                    return null;
                }

                seconds = (seconds * 10) + digit;
            }

            return seconds;
        }
    }
}
