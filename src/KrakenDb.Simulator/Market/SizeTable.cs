namespace KrakenDb.Simulator;

/// <summary>How sizes and counts spread around their median: few are large, many are small.</summary>
internal static class SizeTable
{
    /// <summary>Bits of the fixed point: 1,024 is the median.</summary>
    public const int Shift = 10;

    public const int Mask = 63;

    /// <summary>The 64 mid-quantiles of a log-normal distribution with sigma 1.1, in 1/1,024 of its median.</summary>
    public static ReadOnlySpan<ushort> Quantiles =>
    [
        72, 115, 147, 176, 202, 228, 253, 277, 301, 325, 349, 374, 398, 423, 449, 474,
        501, 528, 555, 584, 613, 643, 673, 705, 738, 772, 806, 843, 880, 919, 960, 1002,
        1046, 1092, 1141, 1191, 1244, 1300, 1359, 1421, 1487, 1557, 1632, 1711, 1796, 1888, 1987, 2093,
        2210, 2337, 2477, 2633, 2806, 3002, 3226, 3484, 3788, 4152, 4602, 5179, 5959, 7110, 9115, 14629,
    ];
}
