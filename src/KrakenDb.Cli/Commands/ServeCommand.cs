using System.CommandLine;
using KrakenDb.Client;
using KrakenDb.Server;

namespace KrakenDb.Cli;

internal static class ServeCommand
{
    public static Command Create(CommandContext context)
    {
        var port = Arguments.Read(
            new Option<int>("--port") { Description = "Port on 127.0.0.1. Default: any that is free.", HelpName = "N" },
            text => int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number <= ushort.MaxValue
                ? number
                : throw new FormatException($"'{text}' is not a port; one is at most {ushort.MaxValue}"));
        var command = new DocumentedCommand(
            "serve",
            "Keeps the store open and answers other processes: they read it without being told, import and the other writing commands are carried out here, and programs ask over HTTP on 127.0.0.1 (docs/http-api.md). Runs until it is interrupted; its address is the one line of its output.",
            "kraken-db serve",
            "kraken-db serve --port 8790")
        {
            port,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var location = parsed.GetValue(context.DbUrl);
            var store = await context.OpenStoreAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using (store.ConfigureAwait(false))
            {
                if (store is RemoteMarketStore)
                {
                    throw new MarketStoreException($"This store is served already: {MarketStore.FindOwner(location)}. Every command uses it without being told.");
                }

                var endpoint = await OwnerEndpoint.StartAsync(store, OwnerCommands.EndpointOptions(context, location, parsed.GetValue(port)), cancellationToken).ConfigureAwait(false);
                await using (endpoint.ConfigureAwait(false))
                {
                    Announce(context, endpoint);
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.TimeProvider, cancellationToken).ConfigureAwait(false);
                }
            }
        });
        return command;
    }

    private static void Announce(CommandContext context, OwnerEndpoint endpoint)
    {
        var address = endpoint.Address.ToString().TrimEnd('/');
        var output = new Utf8Output(context.Output);
        output.Text($"{address}\n");
        output.Flush();
        var file = endpoint.TokenFiles[0];
        context.Note($"Try: curl -H \"Authorization: Bearer $(cat '{file}')\" '{address}/v1/symbols'. Ctrl-C ends it.");
    }
}
