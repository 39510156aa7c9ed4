using System.CommandLine;

namespace KrakenDb.Cli;

internal static class DemoCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand(
            "demo",
            "A first look: makes a year of 1-minute history of two markets from a seed, imports it into a store of its own (never yours), and shows what can be asked. The second run only shows.",
            "kraken-db demo");
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(context.DbUrl) is null
            ? new DemoTour(context, DemoData.DefaultFolder).RunAsync(cancellationToken)
            : throw new UsageException("demo has a store of its own and takes no --db-url."));
        return command;
    }
}
