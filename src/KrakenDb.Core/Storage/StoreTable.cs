using System.Text;

namespace KrakenDb;

/// <summary>A table of the schema, as far as copying and comparing need to know it.</summary>
internal sealed class StoreTable
{
    private readonly int[] _key;
    private readonly int _symbol;
    private readonly int _sum;

    /// <param name="name">The same on every engine.</param>
    /// <param name="key">Columns that identify a row, separated by commas; none is null.</param>
    /// <param name="columns"><c>name kind</c>, separated by commas: all that are not numbered by the database.</param>
    /// <param name="mode">How the rows are copied.</param>
    /// <param name="symbol">The column that comparisons are grouped by; null for one group.</param>
    /// <param name="sum">A decimal or integer column that comparisons add up; null for none.</param>
    public StoreTable(string name, string key, string columns, TableCopyMode mode = TableCopyMode.Rows, string? symbol = null, string? sum = null)
    {
        Name = name;
        Mode = mode;
        Columns = [.. columns.Split(',', StringSplitOptions.TrimEntries).Select(column => column.Split(' ')).Select(column => new StoreColumn(column[0], Kind(column[1])))];
        _key = [.. key.Split(',', StringSplitOptions.TrimEntries).Select(IndexOf)];
        _symbol = symbol is null ? -1 : IndexOf(symbol);
        _sum = sum is null ? -1 : IndexOf(sum);
    }

    public string Name { get; }

    public TableCopyMode Mode { get; }

    public IReadOnlyList<StoreColumn> Columns { get; }

    public IEnumerable<StoreColumn> Key => _key.Select(index => Columns[index]);

    public string[] KeyOf(string?[] row) => Array.ConvertAll(_key, index => row[index]!);

    public string SymbolOf(string?[] row) => _symbol < 0 ? "" : row[_symbol] ?? "";

    /// <summary>The value that is summed; null where there is none.</summary>
    public string? SummedOf(string?[] row) => _sum < 0 ? null : row[_sum];

    /// <summary>Spells the values the same whichever engine they come from.</summary>
    public void Canonicalize(string?[] row)
    {
        for (var index = 0; index < row.Length; index++)
        {
            row[index] = (row[index], Columns[index].Kind) switch
            {
                (null, _) => null,
                ({ } number, ColumnKind.Decimal) => CanonicalText.Number(number),
                ({ } json, ColumnKind.Json) => CanonicalText.Json(json),

                // The one character that a server's text cannot hold.
                ({ } text, ColumnKind.Text) => text.Replace('\0', '\uFFFD'),
                var (text, _) => text,
            };
        }
    }

    /// <summary>The order in which both engines give the rows.</summary>
    public int CompareKeys(string[] left, string[] right)
    {
        for (var index = 0; index < left.Length; index++)
        {
            var order = Columns[_key[index]].Kind is ColumnKind.Integer or ColumnKind.Time
                ? CanonicalText.Int64(left[index]).CompareTo(CanonicalText.Int64(right[index]))
                : Encoding.UTF8.GetBytes(left[index]).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right[index]));
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static ColumnKind Kind(string name) => name switch
    {
        "text" => ColumnKind.Text,
        "uuid" => ColumnKind.Uuid,
        "integer" => ColumnKind.Integer,
        "boolean" => ColumnKind.Boolean,
        "time" => ColumnKind.Time,
        "decimal" => ColumnKind.Decimal,
        "json" => ColumnKind.Json,
        "list" => ColumnKind.TextList,
        "bytes" => ColumnKind.Bytes,
        _ => throw new ArgumentException($"No kind of column is called {name}.", nameof(name)),
    };

    private int IndexOf(string column) => Columns.ToList().FindIndex(candidate => candidate.Name == column) is >= 0 and var index
        ? index
        : throw new ArgumentException($"{Name} has no column {column}.", nameof(column));
}

/// <summary>How the rows of a table come into another store.</summary>
internal enum TableCopyMode
{
    /// <summary>As texts, page by page in the order of the key.</summary>
    Rows,

    /// <summary>By the typed reads and writes of candles, merged by precedence.</summary>
    Candles,

    /// <summary>By the typed reads and writes of trades, merged by precedence. Each engine has a column of its own for the nanoseconds, which is not listed.</summary>
    Trades,

    /// <summary>By <see cref="IBookArchive"/>, with their levels; the engines' tables differ, and only the columns that both have are listed.</summary>
    Books,

    /// <summary>In the transactions of the candles, trades and order books that they tell of.</summary>
    WithRows,

    /// <summary>As <see cref="Rows"/> into an empty store; derived from the rows in one that had some.</summary>
    Derived,
}

/// <param name="Name">The same on every engine.</param>
/// <param name="Kind">What its values are.</param>
internal sealed record StoreColumn(string Name, ColumnKind Kind);
