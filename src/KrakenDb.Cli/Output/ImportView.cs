using Spectre.Console;

namespace KrakenDb.Cli;

/// <summary>Shows how far an import is: a live line on a terminal, otherwise a line every few seconds.</summary>
internal sealed class ImportView : IProgress<ImportProgress>, IAsyncDisposable
{
    // Well within the five seconds after which a person wonders.
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly CommandContext _context;
    private readonly long _started;
    private readonly CancellationTokenSource _finished = new();
    private readonly Lock _lock = new();
    private ImportProgress _progress;
    private Task _shown = Task.CompletedTask;

    private ImportView(CommandContext context)
    {
        _context = context;
        _started = context.TimeProvider.GetTimestamp();
    }

    public static ImportView Start(CommandContext context)
    {
        var view = new ImportView(context);
        view._shown = Task.Run(context.ErrorIsTerminal ? view.ShowLiveAsync : view.ShowLinesAsync);
        return view;
    }

    public void Report(ImportProgress value)
    {
        lock (_lock)
        {
            _progress = value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _finished.CancelAsync().ConfigureAwait(false);
        await _shown.ConfigureAwait(false);
        _finished.Dispose();
    }

    private static string Describe(ImportProgress progress, TimeSpan elapsed)
    {
        var text = $"{Readable.Count(progress.Rows, "row")}, {progress.FilesDone} of {Readable.Count(progress.FilesTotal, "file")}";
        if (elapsed < TimeSpan.FromSeconds(1) || progress.Rows == 0)
        {
            return text;
        }

        text += $", {Readable.Count(progress.Rows * TimeSpan.TicksPerSecond / elapsed.Ticks)} rows/s";
        return progress.BytesDone > 0 && progress.BytesDone < progress.BytesTotal
            ? $"{text}, {Readable.Duration(TimeSpan.FromTicks((long)((decimal)elapsed.Ticks * (progress.BytesTotal - progress.BytesDone) / progress.BytesDone)))} left"
            : text;
    }

    private (ImportProgress Progress, string Text) Look()
    {
        lock (_lock)
        {
            return (_progress, Describe(_progress, _context.TimeProvider.GetElapsedTime(_started)));
        }
    }

    private async Task ShowLinesAsync()
    {
        while (await WaitAsync(BetweenLines).ConfigureAwait(false))
        {
            _context.Note($"importing: {Look().Text}");
        }
    }

    private async Task ShowLiveAsync()
    {
        // An import that is over in a moment needs no bar.
        if (!await WaitAsync(BetweenLooks * 3).ConfigureAwait(false))
        {
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_context.Error), Interactive = InteractionSupport.Yes });
        await console.Progress()
            .AutoClear(enabled: true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async live =>
            {
                var task = live.AddTask("importing");
                while (await WaitAsync(BetweenLooks).ConfigureAwait(false))
                {
                    var (progress, text) = Look();
                    task.MaxValue = Math.Max(1, progress.BytesTotal);
                    task.Value = progress.BytesDone;
                    task.Description = text;
                }
            })
            .ConfigureAwait(false);
    }

    // False when the import is over.
    private async Task<bool> WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _context.TimeProvider, _finished.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
