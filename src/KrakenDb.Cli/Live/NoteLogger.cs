using System.Globalization;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Cli;

/// <summary>Log lines of the library beside the data: time, level where it is worse than information, message; what an exception says behind it.</summary>
internal sealed class NoteLogger(CommandContext context, Action<string> write, LogLevel least = LogLevel.Information) : ILogger, ILoggerFactory, ILoggerProvider
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (context.Debug ? LogLevel.Debug : least);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var level = logLevel >= LogLevel.Warning ? $" {logLevel.ToString().ToLowerInvariant()}:" : "";
        var reason = exception is null ? "" : $": {(context.Debug ? exception.ToString() : exception.Message)}";
        write(string.Create(CultureInfo.InvariantCulture, $"{context.Now:yyyy-MM-dd'T'HH:mm:ss'Z'}{level} {formatter(state, exception)}{reason}"));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
