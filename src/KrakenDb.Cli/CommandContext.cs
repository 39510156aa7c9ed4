using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Cli;

/// <summary>What a command runs in: where it prints, what time it is, how it opens stores.</summary>
internal sealed class CommandContext
{
    private const int WidthOfFiles = 120;

    private readonly Lazy<int> _width;

    public CommandContext(Stream output, TextWriter error, Func<int>? width = null)
    {
        Output = output;
        Error = error;
        _width = new Lazy<int>(width ?? (() => WidthOfFiles));
    }

    public delegate Task<IMarketStore> StoreOpener(string? urlOrPath, MarketStoreOptions options, CancellationToken cancellationToken);

    /// <summary>Data, in UTF-8. Unbuffered.</summary>
    public Stream Output { get; }

    /// <summary>Progress, notes, errors.</summary>
    public TextWriter Error { get; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether the output's terminal shows colours.</summary>
    public bool Color { get; init; }

    /// <summary>Columns of the terminal; 120 where there is none.</summary>
    public int Width => _width.Value;

    /// <summary>What relative paths begin at; null for this process's folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>For a command that another process sent: the store of this process, whatever the sender calls it. Null for the default one.</summary>
    public string? OwnStore { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public StoreOpener Opener { get; init; } = MarketStore.OpenAsync;

    /// <summary>How the exchange is reached.</summary>
    public Func<KrakenExchangeOptions> ExchangeOptions { get; init; } = () => new KrakenExchangeOptions { ReportDirectory = ReportDirectory };

    /// <summary>What happens now at the exchange.</summary>
    public Func<ILogger, ILiveFeed> LiveFeed { get; init; } = logger => new KrakenLiveFeed(new KrakenLiveFeedOptions { Logger = logger });

    /// <summary>Where external indicators come from.</summary>
    public Func<IndicatorFeedOptions> IndicatorFeedOptions { get; init; } = () => new IndicatorFeedOptions();

    /// <summary>Whether errors come with everything that is known about them.</summary>
    public bool Debug { get; init; }

    public Option<string?> DbUrl { get; } = new("--db-url")
    {
        Description = "The store: postgresql://user@host:port/database, duckdb:PATH, a path, or a running owner's http://127.0.0.1:PORT. Default: DATABASE_URL, else kraken.duckdb under KRAKENDB_HOME or in the user's data folder.",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<int> PoolMaxSize { get; } = Arguments.WholeNumber(
        new Option<int>("--pool-max-size") { Description = "Connections to a server at most.", HelpName = "N", DefaultValueFactory = _ => MarketStoreOptions.Default.PoolMaxSize, Recursive = true }, 1);

    private static string ReportDirectory => Path.Combine(Path.GetDirectoryName(StoreLocation.DefaultFilePath)!, "replies");

    public DateTimeOffset Now => TimeProvider.GetUtcNow();

    public static CommandContext OfThisProcess()
    {
        var terminal = !Console.IsOutputRedirected;
        var clock = SimulatedClock.FromEnvironment();
        var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1024) { AutoFlush = true };
        return new CommandContext(StandardOutput.Open(), error, () => terminal && Console.WindowWidth is > 20 and var columns ? columns : WidthOfFiles)
        {
            OutputIsTerminal = terminal,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Color = terminal && HasColors(),
            Debug = Environment.GetEnvironmentVariable("KRAKENDB_DEBUG") is { Length: > 0 } and not "0",
            TimeProvider = clock,
            ExchangeOptions = () => new KrakenExchangeOptions { ReportDirectory = ReportDirectory, TimeProvider = clock },
            LiveFeed = logger => new KrakenLiveFeed(new KrakenLiveFeedOptions { Logger = logger, TimeProvider = clock }),
        };
    }

    /// <summary>A command that another process has sent to this one, which owns the store.</summary>
    /// <param name="request">What the sender asks, and what its terminal is like.</param>
    /// <param name="location">This process's store, whatever the sender calls it.</param>
    /// <param name="output">To the sender.</param>
    /// <param name="error">To the sender.</param>
    public CommandContext ForSender(CommandRequest request, string? location, Stream output, TextWriter error) => new(output, error, () => request.Width)
    {
        OutputIsTerminal = request.OutputIsTerminal,
        Color = request.Color,
        WorkingDirectory = request.WorkingDirectory,
        OwnStore = location,
        TimeProvider = TimeProvider,
        Opener = (_, options, cancellationToken) => Opener(location, options, cancellationToken),
        ExchangeOptions = ExchangeOptions,
        IndicatorFeedOptions = IndicatorFeedOptions,
        Debug = Debug,
    };

    /// <summary>A path from the command line.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public string? PathOf(string? path) => path is null || WorkingDirectory is null ? path : Path.GetFullPath(path, WorkingDirectory);

    /// <summary>The store that the command line names, for what does not open it as a store.</summary>
    public string? LocationOf(ParseResult parsed) => WorkingDirectory is null ? parsed.GetValue(DbUrl) : OwnStore;

    /// <summary>Opens the store that must be there already.</summary>
    public Task<IMarketStore> OpenStoreAsync(ParseResult parsed, CancellationToken cancellationToken) => OpenStoreAsync(parsed, parsed.GetValue(DbUrl), cancellationToken);

    /// <summary>Opens the named store, which must be there already.</summary>
    public async Task<IMarketStore> OpenStoreAsync(ParseResult parsed, string? location, CancellationToken cancellationToken)
    {
        if (Opener == MarketStore.OpenAsync && StoreLocation.Parse(location).FilePath is { } path && !File.Exists(path))
        {
            throw new MarketStoreException(Directory.Exists(path)
                ? $"{path} is a folder; give the store's file: --db-url {Path.Combine(path, "kraken.duckdb")}"
                : $"no store at {path}; import first: kraken-db import --dir DIR");
        }

        return await Opener(location, Options(parsed) with { CreateIfMissing = false }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the store and creates it where there is none.</summary>
    public Task<IMarketStore> OpenOrCreateStoreAsync(ParseResult parsed, CancellationToken cancellationToken) => OpenOrCreateStoreAsync(parsed, parsed.GetValue(DbUrl), cancellationToken);

    /// <summary>Opens the named store and creates it where there is none.</summary>
    public Task<IMarketStore> OpenOrCreateStoreAsync(ParseResult parsed, string? location, CancellationToken cancellationToken) => Opener(location, Options(parsed), cancellationToken);

    /// <summary>Kraken's API, with the names that the store knows.</summary>
    /// <param name="log">Takes a line for every call that fails again and again; null for a note.</param>
    public async Task<KrakenExchange> ConnectAsync(IMarketReader store, int? maxRetries, CancellationToken cancellationToken, Action<string>? log = null)
    {
        var options = ExchangeOptions();
        options = options with { Logger = new NoteLogger(this, log ?? Note, LogLevel.Warning) };
        options = maxRetries is { } retries ? options with { MaxRetries = retries } : options;
        return new KrakenExchange(options, SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>A line beside the data.</summary>
    public void Note(string text) => Error.WriteLine(text);

    private MarketStoreOptions Options(ParseResult parsed) => MarketStoreOptions.Default with { PoolMaxSize = parsed.GetValue(PoolMaxSize), TimeProvider = TimeProvider };

    // https://no-color.org; the old Windows console shows escape sequences as text.
    private static bool HasColors() =>
        Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
        && Environment.GetEnvironmentVariable("TERM") != "dumb"
        && (!OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("WT_SESSION") is not null);
}
