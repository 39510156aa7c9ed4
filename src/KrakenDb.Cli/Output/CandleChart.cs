using System.Globalization;
using System.Text;

namespace KrakenDb.Cli;

/// <summary>
/// Candlesticks and volume in characters. With colours a body is a heavy line, green or red; without, a rising body is filled and a falling one shaded.
/// </summary>
internal sealed class CandleChart(CommandContext context, IReadOnlyList<Candle> candles, int height)
{
    private const int VolumeRows = 3;
    private const int RowsPerLabel = 4;
    private const int LeastColumnsPerTimeLabel = 18;
    private const string VolumeSteps = " ▁▂▃▄▅▆▇█";

    private readonly StringBuilder _text = new();
    private readonly decimal _top = candles.Max(candle => candle.High);
    private readonly decimal _bottom = candles.Min(candle => candle.Low);
    private readonly int _step = candles.Count * 2 <= ColumnsFor(context.Width, candles) ? 2 : 1;

    /// <summary>What one character cell shows; a wick or body may fill either half of it.</summary>
    private enum Half
    {
        Empty,
        Wick,
        Body,
    }

    /// <summary>How many candles fit beside the price labels, one per column.</summary>
    public static int ColumnsFor(int width, IReadOnlyList<Candle> candles) => Math.Max(10, width - LabelWidth(candles) - 3);

    public void Print()
    {
        AppendTitle();
        for (var row = 0; row < height; row++)
        {
            AppendPriceRow(row);
        }

        AppendVolume();
        AppendTimes();
        var output = new Utf8Output(context.Output);
        output.Text(_text.ToString());
        output.Flush();
    }

    private static int LabelWidth(IReadOnlyList<Candle> candles) => candles.Max(candle => Price(candle.High).Length);

    private static string Price(decimal price) => price.ToString(price >= 1000 ? "#,0.##" : "0.########", CultureInfo.InvariantCulture);

    private void AppendTitle()
    {
        var (first, last) = (candles[0], candles[^1]);
        var change = (last.Close - first.Open) * 100 / first.Open;
        _text.Append(Paint($"{last.Symbol} {last.Interval}", Style.Heading))
            .Append(Paint($"  {Readable.Time(first.Timestamp)} to {Readable.Time(last.CloseTime)} UTC  ", Style.Quiet))
            .Append(Price(last.Close))
            .Append(' ')
            .Append(Paint(change.ToString("+0.0 '%';-0.0 '%'", CultureInfo.InvariantCulture), change < 0 ? Style.Bad : Style.Good))
            .Append('\n');
    }

    private void AppendPriceRow(int row)
    {
        foreach (var candle in candles)
        {
            _text.Append(Paint(Cell(candle, row).ToString(), candle.Close < candle.Open ? Style.Bad : Style.Good)).Append(' ', _step - 1);
        }

        EndLine(Paint(row % RowsPerLabel == 0 ? $"┤ {Label(row)}" : "│", Style.Quiet));
    }

    // Labels need no more digits than tell them apart.
    private string Label(int row)
    {
        var price = _top - ((_top - _bottom) * row / Math.Max(1, height - 1));
        var decimals = 0;
        for (var step = (_top - _bottom) / height; step < 1 && decimals < 8 && step > 0; step *= 10)
        {
            decimals++;
        }

        return price.ToString($"#,0.{new string('0', decimals)}", CultureInfo.InvariantCulture);
    }

    private char Cell(Candle candle, int row)
    {
        var upper = At(candle, row * 2);
        var lower = At(candle, (row * 2) + 1);
        if (!context.Color)
        {
            return upper == Half.Body || lower == Half.Body ? candle.Close < candle.Open ? '░' : '█'
                : upper == Half.Wick || lower == Half.Wick ? '│'
                : ' ';
        }

        return (upper, lower) switch
        {
            (Half.Wick, Half.Wick) => '│',
            (Half.Body, Half.Body) => '┃',
            (Half.Empty, Half.Wick) => '╷',
            (Half.Wick, Half.Empty) => '╵',
            (Half.Empty, Half.Body) => '╻',
            (Half.Body, Half.Empty) => '╹',
            (Half.Wick, Half.Body) => '╽',
            (Half.Body, Half.Wick) => '╿',
            _ => ' ',
        };
    }

    private Half At(Candle candle, int half) =>
        half < HalfOf(candle.High) || half > HalfOf(candle.Low) ? Half.Empty
        : half < HalfOf(Math.Max(candle.Open, candle.Close)) || half > HalfOf(Math.Min(candle.Open, candle.Close)) ? Half.Wick
        : Half.Body;

    private int HalfOf(decimal price) => _top == _bottom ? height : (int)((_top - price) * ((height * 2) - 1) / (_top - _bottom));

    private void AppendVolume()
    {
        var greatest = candles.Max(candle => candle.Volume);
        for (var row = VolumeRows - 1; row >= 0; row--)
        {
            foreach (var candle in candles)
            {
                var eighths = greatest == 0 ? 0 : (int)(candle.Volume * VolumeRows * 8 / greatest);
                _text.Append(Paint(VolumeSteps[Math.Clamp(eighths - (row * 8), 0, 8)].ToString(), Style.Quiet)).Append(' ', _step - 1);
            }

            EndLine(Paint(row == VolumeRows - 1 ? $"│ volume, at most {greatest.ToString("#,0.##", CultureInfo.InvariantCulture)}" : "│", Style.Quiet));
        }
    }

    private void AppendTimes()
    {
        var line = new StringBuilder();
        for (var index = 0; index < candles.Count; index++)
        {
            var column = index * _step;
            if (column >= line.Length && (index == 0 || column % LeastColumnsPerTimeLabel < _step) && column + 16 <= (candles.Count * _step) + 2)
            {
                line.Append(' ', column - line.Length).Append('└').Append(Readable.Time(candles[index].Timestamp));
            }
        }

        _text.Append(Paint(line.ToString(), Style.Quiet)).Append('\n');
    }

    private string Paint(string text, Style style) => text == " " ? text : TextTable.Paint(context, text, style);

    private void EndLine(string label) => _text.Append(label).Append('\n');
}
