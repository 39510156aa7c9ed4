using System.Text;

namespace KrakenDb.Cli;

/// <summary>
/// Rows in aligned columns, for people. Streams: the widths come from the first rows and grow when a later one needs it, so that a table of any
/// length takes constant memory and its first rows are there at once.
/// </summary>
internal sealed class TextTable(CommandContext context, Utf8Output output, params TableColumn[] columns)
{
    private const int RowsThatSetTheWidths = 500;
    private const string Between = "  ";

    private readonly List<(string Text, Style Style)[]> _held = [];
    private readonly int[] _whole = new int[columns.Length];
    private readonly int[] _fraction = new int[columns.Length];
    private readonly StringBuilder _line = new();
    private bool _started;

    public static string Paint(CommandContext context, string text, Style style) =>
        context.Color && style != Style.Plain && text.Length > 0 ? $"{Code(style)}{text}\e[0m" : text;

    public void Add(params (string Text, Style Style)[] row)
    {
        if (_started)
        {
            Measure(row);
            Print(row);
            return;
        }

        _held.Add(row);
        if (_held.Count == RowsThatSetTheWidths)
        {
            PrintHeld();
        }
    }

    /// <summary>Prints what was held back to find the widths.</summary>
    public void Finish()
    {
        if (!_started)
        {
            PrintHeld();
        }
    }

    private static string Code(Style style) => style switch
    {
        Style.Heading => "\e[1m",
        Style.Quiet => "\e[2m",
        Style.Good => "\e[32m",
        Style.Bad => "\e[31m",
        Style.Warning => "\e[33m",
        _ => "",
    };

    private static (int Whole, int Fraction) Parts(string text)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? (text.Length, 0) : (point, text.Length - point);
    }

    private void PrintHeld()
    {
        _started = true;
        foreach (var row in _held)
        {
            Measure(row);
        }

        for (var column = 0; column < columns.Length; column++)
        {
            var missing = columns[column].Header.Length - _whole[column] - _fraction[column];
            _whole[column] += Math.Max(0, missing);
        }

        if (Array.Exists(columns, column => column.Header.Length > 0))
        {
            PrintHeader();
        }

        foreach (var row in _held)
        {
            Print(row);
        }

        _held.Clear();
    }

    private void Measure((string Text, Style Style)[] row)
    {
        for (var column = 0; column < columns.Length; column++)
        {
            if (columns[column].Numeric)
            {
                var (whole, fraction) = Parts(row[column].Text);
                _whole[column] = Math.Max(_whole[column], whole);
                _fraction[column] = Math.Max(_fraction[column], fraction);
            }
            else
            {
                _whole[column] = Math.Max(_whole[column], row[column].Text.Length);
            }
        }
    }

    private void PrintHeader()
    {
        for (var column = 0; column < columns.Length; column++)
        {
            var width = _whole[column] + _fraction[column];
            var header = columns[column].Header;
            Append(column, columns[column].Numeric ? header.PadLeft(width) : header.PadRight(width), Style.Quiet);
        }

        PrintLine();
    }

    private void Print((string Text, Style Style)[] row)
    {
        for (var column = 0; column < columns.Length; column++)
        {
            var (text, style) = row[column];
            if (columns[column].Numeric)
            {
                var (whole, fraction) = Parts(text);
                text = new string(' ', _whole[column] - whole) + text + new string(' ', _fraction[column] - fraction);
            }
            else
            {
                text = text.PadRight(_whole[column]);
            }

            Append(column, text, style);
        }

        PrintLine();
    }

    private void Append(int column, string text, Style style)
    {
        if (column == columns.Length - 1)
        {
            text = text.TrimEnd();
        }

        _line.Append(column == 0 ? "" : Between).Append(Paint(context, text, style));
    }

    private void PrintLine()
    {
        foreach (var chunk in _line.GetChunks())
        {
            output.Text(chunk.Span);
        }

        output.Byte((byte)'\n');
        _line.Clear();
    }
}

/// <summary>A column of a <see cref="TextTable"/>.</summary>
/// <param name="Header">Empty for none.</param>
/// <param name="Numeric">Aligned at the decimal point.</param>
internal sealed record TableColumn(string Header, bool Numeric = false);
