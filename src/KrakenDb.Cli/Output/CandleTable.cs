using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>A stream of candles as a table. Columns that tell nothing are left out: the symbol where there is one only, what no candle of the first ones knows.</summary>
internal sealed class CandleTable(CommandContext context, Utf8Output output, bool showSymbol)
{
    private const int CandlesThatChooseColumns = 500;

    private readonly List<Candle> _held = [];
    private TextTable? _table;
    private bool _showValues;

    public void Add(Candle candle)
    {
        if (_table is null)
        {
            _held.Add(candle);
            if (_held.Count == CandlesThatChooseColumns)
            {
                Start();
            }
        }
        else
        {
            AddRow(candle);
        }
    }

    /// <summary>Prints everything that was added, now.</summary>
    public void Finish()
    {
        if (_table is null && _held.Count > 0)
        {
            Start();
        }

        _table?.Finish();
    }

    private void Start()
    {
        _showValues = _held.Exists(candle => candle.QuoteVolume is not null || candle.Vwap is not null);
        List<TableColumn> columns = showSymbol ? [new("symbol"), new("interval")] : [];
        columns.AddRange([new("timestamp"), new("open", Numeric: true), new("high", Numeric: true), new("low", Numeric: true), new("close", Numeric: true), new("volume", Numeric: true)]);
        if (_showValues)
        {
            columns.AddRange([new("quote_volume", Numeric: true), new("vwap", Numeric: true)]);
        }

        columns.AddRange([new("trade_count", Numeric: true), new("complete")]);
        _table = new TextTable(context, output, [.. columns]);
        foreach (var candle in _held)
        {
            AddRow(candle);
        }

        _held.Clear();
    }

    private void AddRow(Candle candle)
    {
        List<(string Text, Style Style)> row = showSymbol ? [(candle.Symbol, Style.Plain), (candle.Interval.ToString(), Style.Plain)] : [];
        row.AddRange([
            (Readable.Time(candle.Timestamp), Style.Quiet),
            (Text(candle.Open), Style.Plain),
            (Text(candle.High), Style.Plain),
            (Text(candle.Low), Style.Plain),
            (Text(candle.Close), candle.IsBullish ? Style.Good : candle.Close < candle.Open ? Style.Bad : Style.Plain),
            (Text(candle.Volume), Style.Plain),
        ]);
        if (_showValues)
        {
            row.AddRange([(Text(candle.QuoteVolume), Style.Plain), (Text(candle.Vwap), Style.Plain)]);
        }

        row.AddRange([(candle.TradeCount.ToString(CultureInfo.InvariantCulture), Style.Plain), candle.Complete ? ("yes", Style.Quiet) : ("no", Style.Warning)]);
        _table!.Add([.. row]);
    }

    private static string Text(decimal? value) => value?.ToString("0.############################", CultureInfo.InvariantCulture) ?? "";
}
