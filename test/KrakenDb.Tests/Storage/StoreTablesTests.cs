using KrakenDb.Tests.DuckDb;
using KrakenDb.Tests.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Storage;

/// <summary>No table of a schema is forgotten when stores are copied and compared.</summary>
public sealed class StoreTablesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_table_of_the_embedded_engine_is_listed()
    {
        await using var store = await StoreFile.OpenAsync(_folder["empty.duckdb"]);
        await CompareAsync(store, "src/KrakenDb.DuckDb/Schema");
    }

    [Fact]
    public async Task Every_table_of_the_server_engine_is_listed()
    {
        await using var database = await TestDatabase.CreatePlainAsync();
        await using var store = await database.OpenAsync();
        await CompareAsync(store, "src/KrakenDb.Timescale/Schema");
    }

    [Fact]
    public async Task Every_table_on_TimescaleDB_is_listed()
    {
        await using var database = await TestDatabase.CreateTimescaleAsync();
        await using var store = await database.OpenAsync();
        await CompareAsync(store, "src/KrakenDb.Timescale/Schema");
    }

    [Fact]
    public void Numbers_and_json_are_spelled_one_way()
    {
        CanonicalText.Number("1.50e1").ShouldBe("15");
        CanonicalText.Number("-0.000").ShouldBe("0");
        CanonicalText.Number("-1.0500").ShouldBe("-1.05");
        CanonicalText.Number("2E-3").ShouldBe("0.002");
        CanonicalText.Number("100").ShouldBe("100");
        CanonicalText.Json("""{ "b": 1.50, "a": [1e2, null, true, "ü"], "b": 2 }""").ShouldBe(CanonicalText.Json("""{"a":[100,null,true,"ü"],"b":2.0}"""));
    }

    private static async Task CompareAsync(IMarketStore store, string schema)
    {
        var stored = await ((ITableStore)store).GetTablesAsync(default);
        var listed = StoreTables.All.ToDictionary(table => table.Name, StringComparer.Ordinal);
        foreach (var (name, columns) in stored.Where(table => !StoreTables.NotCopied.ContainsKey(table.Key)))
        {
            listed.ShouldContainKey(
                name,
                $"The table {name} of {schema} would be lost by 'copy'. Add it to StoreTables.All (src/KrakenDb.Core/Storage/StoreTables.cs): "
                + $"new(\"{name}\", key: \"the columns of its key\", columns: \"{string.Join(", ", columns.Select(column => $"{column} text"))}\", symbol: \"symbol\"), "
                + "with each column's kind (text, uuid, integer, boolean, time, decimal, json, list, bytes), before data_sync_status, and a row of it to FilledStore. "
                + "Where its rows are derived from others, add it to StoreTables.NotCopied with the reason.");
            if (listed[name].Mode == TableCopyMode.Books)
            {
                listed[name].Columns.Select(column => column.Name).Except(columns).ShouldBeEmpty($"{name} is read by the columns that both engines have.");
                continue;
            }

            columns.Except(listed[name].Mode == TableCopyMode.Trades ? ["timestamp_ns", "timestamp_rest_ns"] : []).ShouldBe(listed[name].Columns.Select(column => column.Name), ignoreOrder: true, customMessage: $"The columns of {name} in {schema} are not those of StoreTables.All; 'copy' would lose or miss some.");
        }

        StoreTables.All.Where(table => !stored.ContainsKey(table.Name)).Select(table => table.Name).ShouldBeEmpty($"Listed in StoreTables.All and not in {schema}: the engines must have the same tables.");
    }
}
