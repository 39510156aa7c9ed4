using KrakenDb.DuckDb.Native;

namespace KrakenDb.DuckDb;

/// <summary>DuckDB's errors in words that say what to do next.</summary>
internal static class DuckDbFailure
{
    public static MarketStoreException Explain(string path, DuckDbException exception)
    {
        var message = FirstLine(exception.Message);
        var isFull = message.Contains("No space left", StringComparison.OrdinalIgnoreCase)
            || message.Contains("not enough space", StringComparison.OrdinalIgnoreCase)
            || message.Contains("Could not write", StringComparison.OrdinalIgnoreCase);
        var next = isFull ? " Free some space on its disk and run the same command again; what was committed is kept."
            : message.Contains("Out of Memory", StringComparison.OrdinalIgnoreCase) ? " Ask for a shorter range, or open the store with a higher MemoryLimitMegabytes."
            : message.Contains("Permission denied", StringComparison.OrdinalIgnoreCase) ? " Allow this user to read and write the file and its folder."
            : message.Contains("version number", StringComparison.OrdinalIgnoreCase) ? " The file was written by a newer DuckDB: update kraken-db. It was not changed."
            : "";
        return new MarketStoreException($"{path}: {(message.EndsWith('.') ? message : message + ".")}{next}", exception) { IsTransient = isFull, RefusesRows = IsOfRows(message) };
    }

    private static bool IsOfRows(string message) => message.StartsWith("Constraint Error", StringComparison.Ordinal)
        || message.StartsWith("Conversion Error", StringComparison.Ordinal)
        || message.StartsWith("Out of Range Error", StringComparison.Ordinal);

    public static string FirstLine(string message) => message.AsSpan().Trim() is var text && text.IndexOf('\n') is var end and > 0 ? text[..end].ToString() : text.ToString();
}
