using System.Text;
using KrakenDb.Cli;

namespace KrakenDb.Tests.Cli;

/// <summary>One run of the program in this process, with what it printed.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static async Task<ProgramRun> OnAsync(IMarketStore? store, TimeProvider? clock, params string[] arguments)
    {
        var output = new MemoryStream();
        var (code, error) = await IntoAsync(output, store, clock, CancellationToken.None, arguments);
        return new ProgramRun(code, Encoding.UTF8.GetString(output.ToArray()), error);
    }

    public static async Task<(int ExitCode, string Error)> IntoAsync(Stream output, IMarketStore? store, TimeProvider? clock, CancellationToken cancellationToken, params string[] arguments)
    {
        var error = new StringWriter();
        var context = new CommandContext(output, error)
        {
            TimeProvider = clock ?? TimeProvider.System,
            Opener = store is null ? MarketStore.OpenAsync : (_, _, _) => Task.FromResult(store),
        };
        return (await KrakenDbProgram.RunAsync(arguments, context, cancellationToken), error.ToString());
    }
}
