using System.Globalization;

namespace KrakenDb;

/// <summary>Sources and grades of coverage as they are printed, and back.</summary>
internal static class CoverageNames
{
    private static readonly CoverageGrade[] Grades = Enum.GetValues<CoverageGrade>();
    private static readonly CandleSource[] Sources = Enum.GetValues<CandleSource>();

    public static string Of(CoverageGrade grade) => grade switch
    {
        CoverageGrade.Proven => "proven",
        CoverageGrade.Claimed => "claimed",
        _ => "expired",
    };

    public static string Of(CandleSource source) => source switch
    {
        CandleSource.TimeAndSalesEdge => "time_and_sales_edge",
        CandleSource.WebSocketOhlc => "websocket_ohlc",
        CandleSource.OhlcvtCsv => "ohlcvt_csv",
        CandleSource.TimeAndSales => "time_and_sales",
        CandleSource.RestOhlc => "rest_ohlc",
        CandleSource.ProvenTrades => "proven_trades",
        _ => ((int)source).ToString(CultureInfo.InvariantCulture),
    };

    /// <exception cref="FormatException">No grade of this version.</exception>
    public static CoverageGrade ParseGrade(string name) =>
        Array.FindIndex(Grades, grade => Of(grade) == name) is var index and >= 0
            ? Grades[index]
            : throw new FormatException($"'{name}' is no grade of coverage.");

    /// <exception cref="FormatException">Neither a name nor a rank.</exception>
    public static CandleSource ParseSource(string name) =>
        Array.FindIndex(Sources, source => Of(source) == name) is var index and >= 0 ? Sources[index]
        : byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var rank) ? (CandleSource)rank
        : throw new FormatException($"'{name}' is no source of candles.");
}
