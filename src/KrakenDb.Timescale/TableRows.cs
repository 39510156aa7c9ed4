using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace KrakenDb.Timescale;

/// <summary>Rows of any table as texts, for <see cref="StoreCopy"/>.</summary>
internal static class TableRows
{
    // Two copies into one table at once would each find the other's rows missing.
    private const string Lock = "SELECT pg_advisory_xact_lock(20240607)";

    private const string ColumnsOf =
        """
        SELECT c.table_name, c.column_name
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_identity = 'NO'
        ORDER BY c.table_name, c.column_name
        """;

    // Reading the control file may be forbidden; the address then has to do.
    private const string ServerIdentity = "SELECT system_identifier::text FROM pg_control_system()";
    private const string DatabaseIdentity = "SELECT oid::text || '/' || current_schema() FROM pg_database WHERE datname = current_database()";

    public static async Task<string> IdentityAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        var database = await ScalarAsync(connection, DatabaseIdentity, cancellationToken).ConfigureAwait(false);
        try
        {
            return $"postgresql:{await ScalarAsync(connection, ServerIdentity, cancellationToken).ConfigureAwait(false)}/{database}";
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            return string.Create(CultureInfo.InvariantCulture, $"postgresql://{settings.Host}:{settings.Port}/{database}");
        }
    }

    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var command = new NpgsqlCommand(ColumnsOf, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var columns = (List<string>)(tables.GetValueOrDefault(reader.GetString(0)) ?? (tables[reader.GetString(0)] = new List<string>()));
                    columns.Add(reader.GetString(1));
                }
            }
        }

        return tables;
    }

    public static async Task<IReadOnlyList<string?[]>> ReadAsync(NpgsqlConnection connection, StoreTable table, string[]? after, int limit, CancellationToken cancellationToken)
    {
        // Text compares by bytes, whatever the database's collation: that is the order of the other engine.
        var key = table.Key.ToList();
        var ordered = string.Join(", ", key.Select(Ordered));
        var behind = after is null ? "" : $" WHERE ({ordered}) > ({string.Join(", ", key.Select((column, index) => Compared(column, index + 1)))})";
        var command = new NpgsqlCommand(
            string.Create(CultureInfo.InvariantCulture, $"SELECT {string.Join(", ", table.Columns.Select(Spelled))} FROM {table.Name} AS stored{behind} ORDER BY {ordered} LIMIT {limit}"), connection)
        {
            CommandTimeout = 0,
        };
        for (var index = 0; after is not null && index < key.Count; index++)
        {
            command.Parameters.Add(key[index].Kind switch
            {
                ColumnKind.Time => new NpgsqlParameter { Value = UnixTime.ToDateTimeOffset(CanonicalText.Int64(after[index])).UtcDateTime },
                ColumnKind.Integer => new NpgsqlParameter { Value = CanonicalText.Int64(after[index]) },
                _ => new NpgsqlParameter { Value = after[index] },
            });
        }

        await using (command.ConfigureAwait(false))
        {
            var rows = new List<string?[]>();
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var row = new string?[table.Columns.Count];
                    for (var column = 0; column < row.Length; column++)
                    {
                        row[column] = reader.IsDBNull(column) ? null : reader.GetString(column);
                    }

                    table.Canonicalize(row);
                    rows.Add(row);
                }
            }

            return rows;
        }
    }

    /// <summary>Inside the connection's transaction.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, StoreTable table, IReadOnlyList<string?[]> rows, bool replaces, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, Lock, [], cancellationToken).ConfigureAwait(false);
        var values = table.Columns.Select((column, index) => Values(column.Kind, rows, index)).ToArray();
        var copied =
            $"""
             WITH given AS (SELECT * FROM unnest({string.Join(", ", table.Columns.Select((column, index) => string.Create(CultureInfo.InvariantCulture, $"${index + 1}::{ArrayOf(column.Kind)}")))}) AS given ({string.Join(", ", table.Columns.Select(column => Quoted(column.Name)))})),
                  copied AS (SELECT {string.Join(", ", table.Columns.Select(column => $"{Typed(column)} AS {Quoted(column.Name)}"))} FROM given)
             """;
        var same = string.Join(" AND ", table.Key.Select(column => $"present.{Quoted(column.Name)} = copied.{Quoted(column.Name)}"));
        if (replaces)
        {
            await ExecuteAsync(connection, $"{copied} DELETE FROM {table.Name} present USING copied WHERE {same}", values, cancellationToken).ConfigureAwait(false);
        }

        await ExecuteAsync(
            connection,
            $"""
             {copied}
             INSERT INTO {table.Name} ({string.Join(", ", table.Columns.Select(column => Quoted(column.Name)))})
             SELECT * FROM copied WHERE NOT EXISTS (SELECT FROM {table.Name} present WHERE {same})
             """,
            values,
            cancellationToken).ConfigureAwait(false);
    }

    private static object Values(ColumnKind kind, IReadOnlyList<string?[]> rows, int column) => kind switch
    {
        ColumnKind.Time => rows.Select(row => row[column] is { } text ? UnixTime.ToDateTimeOffset(CanonicalText.Int64(text)).UtcDateTime : (DateTime?)null).ToArray(),
        ColumnKind.Integer => rows.Select(row => row[column] is { } text ? CanonicalText.Int64(text) : (long?)null).ToArray(),
        ColumnKind.Boolean => rows.Select(row => row[column] is { } text ? text == "true" : (bool?)null).ToArray(),
        _ => rows.Select(row => row[column]).ToArray(),
    };

    private static string ArrayOf(ColumnKind kind) => kind switch
    {
        ColumnKind.Time => "timestamptz[]",
        ColumnKind.Integer => "bigint[]",
        ColumnKind.Boolean => "boolean[]",
        _ => "text[]",
    };

    private static string Typed(StoreColumn column) => (column.Kind, $"given.{Quoted(column.Name)}") switch
    {
        (ColumnKind.Decimal, var text) => $"{text}::numeric",
        (ColumnKind.Json, var text) => $"{text}::jsonb",
        (ColumnKind.TextList, var text) => $"string_to_array({text}, ',')",
        (ColumnKind.Bytes, var text) => $"decode({text}, 'hex')",
        (ColumnKind.Uuid, var text) => $"{text}::uuid",
        var (_, text) => text,
    };

    private static string Spelled(StoreColumn column) => column.Kind switch
    {
        ColumnKind.Time => $"(extract(epoch FROM {Quoted(column.Name)}) * 1000000)::bigint::text",
        ColumnKind.TextList => $"array_to_string({Quoted(column.Name)}, ',')",
        ColumnKind.Bytes => $"upper(encode({Quoted(column.Name)}, 'hex'))",
        _ => $"{Quoted(column.Name)}::text",
    };

    // By the table's column: the name alone would be that of the text which is selected under it, and 10 comes before 9 there.
    private static string Ordered(StoreColumn column) => $"stored.{Quoted(column.Name)}{(column.Kind is ColumnKind.Text or ColumnKind.Uuid ? "::text COLLATE \"C\"" : "")}";

    private static string Compared(StoreColumn column, int parameter) => string.Create(CultureInfo.InvariantCulture, $"${parameter}{(column.Kind is ColumnKind.Text or ColumnKind.Uuid ? " COLLATE \"C\"" : "")}");

    private static string Quoted(string name) => $"\"{name}\"";

    private static async Task<string> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return (string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values)
        {
            command.Parameters.Add(value switch
            {
                DateTime?[] times => new NpgsqlParameter { Value = times, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                _ => new NpgsqlParameter { Value = value },
            });
        }

        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
