using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>Rows that are printed in any format: for people as a table with the same names.</summary>
internal sealed class BookRows(params string[] names)
{
    private readonly Records _records = new(names);
    private readonly List<object?[]> _rows = [];

    public void Add(params object?[] values)
    {
        _records.Add(values);
        _rows.Add(values);
    }

    public void Print(CommandContext context, OutputFormat format)
    {
        if (format != OutputFormat.Table)
        {
            _records.PrintAll(context, format);
            return;
        }

        if (_rows.Count == 0)
        {
            return;
        }

        var output = new Utf8Output(context.Output);
        var table = new TextTable(context, output, [.. names.Select((name, index) => new TableColumn(name, _rows.TrueForAll(row => row[index] is null or int or long or uint or decimal)))]);
        foreach (var row in _rows)
        {
            table.Add([.. row.Select(value => (Text(value), Style.Plain))]);
        }

        table.Finish();
        output.Flush();
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "yes" : "no",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.############################", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
