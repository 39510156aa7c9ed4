namespace KrakenDb.Cli;

/// <summary>Shows how far something is that is under way at several places at once: a line for each that moved, every few seconds.</summary>
internal sealed class ProgressLines : IAsyncDisposable
{
    // Well within the five seconds after which a person wonders.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(4);

    private readonly CommandContext _context;
    private readonly CancellationTokenSource _finished = new();
    private readonly Dictionary<string, string> _moved = new(StringComparer.Ordinal);
    private readonly Task _shown;

    public ProgressLines(CommandContext context)
    {
        _context = context;
        _shown = Task.Run(ShowAsync);
    }

    /// <param name="key">What moved.</param>
    /// <param name="text">Where it is now.</param>
    public void Set(string key, string text)
    {
        lock (_moved)
        {
            _moved[key] = text;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _finished.CancelAsync().ConfigureAwait(false);
        await _shown.ConfigureAwait(false);
        _finished.Dispose();
    }

    private async Task ShowAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(BetweenLines, _context.TimeProvider, _finished.Token).ConfigureAwait(false);
                string[] lines;
                lock (_moved)
                {
                    lines = [.. _moved.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: {entry.Value}")];
                    _moved.Clear();
                }

                Array.ForEach(lines, _context.Note);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
