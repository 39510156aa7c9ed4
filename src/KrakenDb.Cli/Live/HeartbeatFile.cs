using System.Globalization;

namespace KrakenDb.Cli;

/// <summary>A file for a supervisor: rewritten every few seconds while the program works, so that an old one means a stuck program.</summary>
internal sealed class HeartbeatFile(string? path, CommandContext context)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _writtenAt;
    private bool _isWarned;

    /// <summary>Writes it when it is due: the time, then <c>ok</c> or what is wrong.</summary>
    public void Beat(IReadOnlyList<LiveSymbolStatus> symbols, DatabaseWriterStats stats)
    {
        if (path is null || (_writtenAt != 0 && context.TimeProvider.GetElapsedTime(_writtenAt) < Interval))
        {
            return;
        }

        _writtenAt = context.TimeProvider.GetTimestamp();
        var state = stats.LastError is not null ? "store away" : symbols.Any(symbol => symbol.IsSubscribed) ? "ok" : "not connected";
        var text = string.Create(CultureInfo.InvariantCulture, $"{context.Now:yyyy-MM-dd'T'HH:mm:ss'Z'} {state}, {stats.TradesWritten} stored, {stats.TradeBufferSize} buffered, {stats.JournalRecords} in the journal\n");
        try
        {
            // Renamed into place: a reader never sees half of it.
            File.WriteAllText(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_isWarned)
            {
                context.Note($"The heartbeat file cannot be written: {exception.Message}");
                _isWarned = true;
            }
        }
    }
}
