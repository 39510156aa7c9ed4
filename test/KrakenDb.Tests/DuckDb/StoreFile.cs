using KrakenDb.DuckDb;
using KrakenDb.DuckDb.Native;
using KrakenDb.Tests.Storage;

namespace KrakenDb.Tests.DuckDb;

/// <summary>Opens, fills and reads stores for the tests of the engine.</summary>
internal static class StoreFile
{
    public const string Symbol = "BTC/USD";

    public static async Task<IMarketStore> OpenAsync(string path, bool create = true) =>
        await DuckDbMarketStore.OpenAsync(path, new DuckDbOptions { CreateIfMissing = create, Threads = 2 }, default);

    public static async Task<StoreReceipt> WriteAsync(this IMarketStore store, int fromMinute, int toMinute) =>
        await store.WriteAsync(Rows.Write(Symbol, 1, Enumerable.Range(fromMinute, toMinute - fromMinute).Select(minute => Rows.Candle(minute, 100 + (minute % 50))), Rows.Covered(fromMinute, toMinute)), default);

    /// <summary>A closed store with candles of minutes 0 to 99.</summary>
    public static async Task CreateAsync(string path, int minutes = 100)
    {
        await using var store = await OpenAsync(path);
        await store.WriteAsync(0, minutes);
    }

    public static async Task<int> CountAsync(this IMarketStore store, int toMinute = 100_000)
    {
        using var batch = await store.ReadCandlesAsync(Symbol, 1, 1, Rows.Minutes(0, toMinute), default);
        return batch.Count;
    }

    /// <summary>Past the engine, as another program would; the store must be closed.</summary>
    public static void Execute(string path, string sql)
    {
        using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>(StringComparer.Ordinal));
        using var connection = database.Connect();
        connection.Execute(sql);
    }
}
