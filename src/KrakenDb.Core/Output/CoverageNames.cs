using System.Globalization;

namespace KrakenDb;

/// <summary>Sources and grades of coverage as they are printed, and back.</summary>
internal static class CoverageNames
{
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
        Array.Find(Enum.GetValues<CoverageGrade>(), grade => Of(grade) == name) is var found && found != 0
            ? found
            : throw new FormatException($"'{name}' is no grade of coverage.");

    /// <exception cref="FormatException">Neither a name nor a rank.</exception>
    public static CandleSource ParseSource(string name) =>
        Array.Find(Enum.GetValues<CandleSource>(), source => Of(source) == name) is var found && found != 0 ? found
        : byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var rank) ? (CandleSource)rank
        : throw new FormatException($"'{name}' is no source of candles.");
}
