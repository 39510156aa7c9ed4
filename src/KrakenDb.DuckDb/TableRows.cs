using System.Globalization;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>Rows of any table as texts, for <see cref="StoreCopy"/>.</summary>
internal static class TableRows
{
    private const string ColumnsOf =
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main' AND table_oid IN (SELECT table_oid FROM duckdb_tables()) ORDER BY ALL";

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Tables(DuckDbSession session)
    {
        var tables = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        using var result = session.Connection.Query(ColumnsOf);
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var name = chunk.GetString(0, row);
                var columns = (List<string>)(tables.GetValueOrDefault(name) ?? (tables[name] = new List<string>()));
                columns.Add(chunk.GetString(1, row));
            }
        }

        return tables;
    }

    public static IReadOnlyList<string?[]> Read(DuckDbSession session, StoreTable table, string[]? after, int limit)
    {
        var key = table.Key.ToList();
        var statement = session.Prepare(string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {string.Join(", ", table.Columns.Select(Spelled))} FROM main.{table.Name}{(after is null ? "" : " WHERE " + Behind(key, 0))} ORDER BY {string.Join(", ", key.Select(column => Quoted(column.Name)))} LIMIT {limit}"));
        for (var index = 0; after is not null && index < key.Count; index++)
        {
            Bind(statement, index + 1, key[index].Kind, after[index]);
        }

        var rows = new List<string?[]>();
        using var result = statement.Query();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                var values = new string?[table.Columns.Count];
                for (var column = 0; column < values.Length; column++)
                {
                    values[column] = chunk.IsValid(column, row) ? chunk.GetString(column, row) : null;
                }

                table.Canonicalize(values);
                rows.Add(values);
            }
        }

        return rows;
    }

    /// <summary>Inside the session's transaction.</summary>
    public static void Write(DuckDbSession session, StoreTable table, IReadOnlyList<string?[]> rows, bool replaces)
    {
        session.Connection.Execute($"CREATE OR REPLACE TEMP TABLE copied ({string.Join(", ", table.Columns.Select(column => $"{Quoted(column.Name)} VARCHAR"))})");
        using (var appender = session.Connection.CreateAppender("copied", catalog: "temp"))
        {
            for (var start = 0; start < rows.Count; start += appender.Capacity)
            {
                var count = Math.Min(appender.Capacity, rows.Count - start);
                for (var row = 0; row < count; row++)
                {
                    Append(appender, row, rows[start + row]);
                }

                appender.Append(count);
            }

            appender.Close();
        }

        var same = string.Join(" AND ", table.Key.Select(column => $"present.{Quoted(column.Name)} = {Typed(column)}"));
        if (replaces)
        {
            session.Connection.Execute($"DELETE FROM main.{table.Name} AS present USING temp.copied WHERE {same}");
        }

        session.Connection.Execute(
            $"""
             INSERT INTO main.{table.Name} ({string.Join(", ", table.Columns.Select(column => Quoted(column.Name)))})
             SELECT {string.Join(", ", table.Columns.Select(Typed))} FROM temp.copied
             WHERE NOT EXISTS (SELECT 1 FROM main.{table.Name} AS present WHERE {same})
             """);
        session.Connection.Execute("DROP TABLE temp.copied");
    }

    private static void Append(DuckDbAppender appender, int row, string?[] values)
    {
        for (var column = 0; column < values.Length; column++)
        {
            if (values[column] is { } value)
            {
                appender.SetString(column, row, value);
            }
            else
            {
                appender.SetNull(column, row);
            }
        }
    }

    // Written out, and with the first column alone in front: that is what lets DuckDB skip row groups.
    private static string Behind(List<StoreColumn> key, int index)
    {
        var (name, parameter) = (Quoted(key[index].Name), string.Create(CultureInfo.InvariantCulture, $"${index + 1}"));
        return index == key.Count - 1 ? $"{name} > {parameter}" : $"{name} >= {parameter} AND ({name} > {parameter} OR ({Behind(key, index + 1)}))";
    }

    private static void Bind(DuckDbStatement statement, int index, ColumnKind kind, string value) => _ = kind switch
    {
        ColumnKind.Time => statement.BindTimestamp(index, CanonicalText.Int64(value)),
        ColumnKind.Integer => statement.Bind(index, CanonicalText.Int64(value)),
        _ => statement.Bind(index, value),
    };

    private static string Spelled(StoreColumn column) => column.Kind switch
    {
        ColumnKind.Time => $"epoch_us({Quoted(column.Name)})::VARCHAR",
        ColumnKind.TextList => $"array_to_string({Quoted(column.Name)}, ',')",
        ColumnKind.Bytes => $"hex({Quoted(column.Name)})",
        ColumnKind.Text => Quoted(column.Name),
        _ => $"{Quoted(column.Name)}::VARCHAR",
    };

    private static string Typed(StoreColumn column) => (column.Kind, $"copied.{Quoted(column.Name)}") switch
    {
        (ColumnKind.Time, var text) => $"make_timestamp({text}::BIGINT)",
        (ColumnKind.Integer, var text) => $"{text}::BIGINT",
        (ColumnKind.Boolean, var text) => $"{text}::BOOLEAN",
        (ColumnKind.TextList, var text) => $"CASE WHEN {text} = '' THEN []::VARCHAR[] ELSE string_split({text}, ',') END",
        (ColumnKind.Bytes, var text) => $"unhex({text})",
        var (_, text) => text,
    };

    private static string Quoted(string name) => $"\"{name}\"";
}
