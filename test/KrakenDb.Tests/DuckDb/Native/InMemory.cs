using KrakenDb.DuckDb.Native;

namespace KrakenDb.Tests.DuckDb.Native;

internal static class InMemory
{
    public static DuckDbDatabase Open() =>
        DuckDbDatabase.Open(":memory:", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["threads"] = "1",
            ["memory_limit"] = "256MB",
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
        });
}
