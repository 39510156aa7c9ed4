using System.CommandLine;

namespace KrakenDb.Cli;

internal static class CollectCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new CollectOptions(context);
        var command = new DocumentedCommand(
            "collect",
            "Records live trades and the candles that follow from them, without a hole: what happened since the last run, over lost connections, and what the live feed leaves out is fetched over REST until the ids join. Runs until it is interrupted; other processes read the store meanwhile (docs/live.md).",
            "kraken-db collect --symbols BTC/USD ETH/USD XRP/USDT",
            "kraken-db collect --symbols BTC/USD --flush-interval 1 --heartbeat-file /run/kraken-db/heartbeat");
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) => Collection.RunAsync(context, parsed, options, prepare: null, started: null, cancellationToken));
        return command;
    }
}
