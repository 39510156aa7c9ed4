using System.CommandLine;
using System.CommandLine.Parsing;
using KrakenDb.Client;
using KrakenDb.Server;

namespace KrakenDb.Cli;

/// <summary>
/// Commands that write, where another process owns the store: they are sent there, carried out with its store, and what they print comes back. The owner's
/// side of it, too.
/// </summary>
internal static class OwnerCommands
{
    // Those that read need no sending: they read over the endpoint.
    private static readonly string[] Sent =
    [
        "import", "backfill", "fill-gaps", "indicators import",
        "indicators fetch", "db compact", "db backup", "db refresh", "db compress", "db compression", "db retention show", "db retention set", "db retention off", "db retention run",
    ];

    /// <summary>How a process that owns a store answers the others: reads, and the commands that write.</summary>
    /// <param name="context">Of the command that owns the store.</param>
    /// <param name="location">The owner's <c>--db-url</c>.</param>
    /// <param name="port">0 for any that is free.</param>
    public static OwnerEndpointOptions EndpointOptions(CommandContext context, string? location, int port = 0) => new()
    {
        Port = port,
        Token = Environment.GetEnvironmentVariable(TokenFile.Variable) is { Length: > 0 } given ? given : null,
        TokenFolder = StoreLocation.DataFolder,
        Version = KrakenDbProgram.Version,
        TimeProvider = context.TimeProvider,
        RefuseCommand = Refuse,
        RunCommand = (request, output, error, cancellationToken) => KrakenDbProgram.RunAsync(request.Arguments, context.ForSender(request, location, output, error), cancellationToken),
    };

    /// <summary>Sends a command that writes to the process that owns the store.</summary>
    /// <returns>Its exit code; null where it is to be carried out here.</returns>
    /// <exception cref="MarketStoreException">The owner refuses it, or went away in the middle.</exception>
    public static async Task<int?> SendAsync(ParseResult parsed, IReadOnlyList<string> arguments, CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Opener != MarketStore.OpenAsync || parsed.Action != parsed.CommandResult.Command.Action || !IsSent(parsed) || MarketStore.FindOwner(parsed.GetValue(context.DbUrl)) is not { } owner)
        {
            return null;
        }

        context.Note($"Carried out by {owner}.");
        var request = new CommandRequest
        {
            Arguments = arguments,
            WorkingDirectory = Environment.CurrentDirectory,
            Width = context.Width,
            OutputIsTerminal = context.OutputIsTerminal,
            Color = context.Color,
        };
        using var sender = new CommandSender(owner);
        return await sender.RunAsync(request, context.Output, context.Error, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsSent(ParseResult parsed) => Name(parsed) switch
    {
        "symbols" => parsed.GetValue<bool>("--refresh"),
        "verify" => parsed.GetValue<bool>("--repair"),

        // Recorded books are not read over the endpoint.
        "book watch" => false,
        var name when name.StartsWith("book ", StringComparison.Ordinal) => true,
        var name => Sent.Contains(name, StringComparer.Ordinal),
    };

    private static string? Refuse(CommandRequest request)
    {
        var parsed = KrakenDbProgram.Parse(request.Arguments, new CommandContext(Stream.Null, TextWriter.Null));
        return IsSent(parsed) ? null : $"The owner of the store does not carry out 'kraken-db {Name(parsed)}'.";
    }

    // Without the program's own.
    private static string Name(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Parent: not null } command; at = at.Parent)
        {
            names.Insert(0, command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
