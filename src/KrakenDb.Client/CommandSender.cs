using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace KrakenDb.Client;

/// <summary>Has commands carried out by the owner of a store, as if they ran here: what they print comes as they print it, cancelling reaches them, and their exit code is ours.</summary>
internal sealed class CommandSender(EndpointAddress address) : IDisposable
{
    private readonly EndpointConnection _connection = new(address, () => null);

    /// <param name="request">What to run.</param>
    /// <param name="output">Gets the data.</param>
    /// <param name="error">Gets progress, notes and errors.</param>
    /// <param name="cancellationToken">Interrupts the command at the owner; its last words and exit code are still waited for.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="MarketStoreException">The owner refuses the command, or went away in the middle.</exception>
    public Task<int> RunAsync(CommandRequest request, Stream output, TextWriter error, CancellationToken cancellationToken) => _connection.AskAsync(
        HttpMethod.Post,
        "v1/commands",
        () => JsonContent.Create(request, EndpointJson.Wire.CommandRequest),
        stream => FollowAsync(stream, output, error, cancellationToken),
        CancellationToken.None);

    public void Dispose() => _connection.Dispose();

    private async Task<int> FollowAsync(Stream stream, Stream output, TextWriter error, CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(stream, Encoding.UTF8);
        string? id = null;
        var interrupted = Task.CompletedTask;
        await using var registration = cancellationToken.Register(() => interrupted = Volatile.Read(ref id) is { } running ? CancelAsync(running) : Task.CompletedTask).ConfigureAwait(false);
        while (await lines.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } text)
        {
            var line = JsonSerializer.Deserialize(text, EndpointJson.Wire.CommandLine) ?? throw new InvalidDataException("An empty line.");
            if (line.Stdout is { } data)
            {
                output.Write(Encoding.UTF8.GetBytes(data));
            }

            if (line.Stderr is { } note)
            {
                await error.WriteAsync(note).ConfigureAwait(false);
            }

            if (line.Id is { } given)
            {
                Volatile.Write(ref id, given);

                // Interrupted before it was known by which name.
                if (cancellationToken.IsCancellationRequested)
                {
                    interrupted = CancelAsync(given);
                }
            }

            if (line.ExitCode is { } code)
            {
                await interrupted.ConfigureAwait(false);
                return code;
            }
        }

        throw new EndOfStreamException("the answer ended before the command did");
    }

    private async Task CancelAsync(string id)
    {
        try
        {
            await _connection.AskAsync(HttpMethod.Delete, $"v1/commands/{id}", content: null, _ => Task.FromResult(true), CancellationToken.None).ConfigureAwait(false);
        }
        catch (MarketStoreException)
        {
            // It has ended meanwhile, or the owner has: the answer that is being read says which.
        }
    }
}
