namespace KrakenDb.Simulator;

/// <summary>The scale of prices and volumes: 10 decimals.</summary>
internal static class Scale
{
    public const int Decimals = 10;

    public const long One = 10_000_000_000;

    private static readonly long[] Powers =
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, One,
    ];

    /// <summary>10 to the power of <paramref name="exponent"/>, 0 to 10.</summary>
    public static long Power(int exponent) => Powers[exponent];

    /// <summary>The scaled value of one unit of the last decimal.</summary>
    public static long Step(int decimals) => Powers[Decimals - decimals];
}
