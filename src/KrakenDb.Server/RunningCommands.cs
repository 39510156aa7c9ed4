using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Server;

/// <summary>Commands that others have sent and that run here. Each ends with its own exit code, is interrupted by its sender, and with its sender or its owner.</summary>
internal sealed class RunningCommands(OwnerEndpointOptions options, CancellationToken stopping)
{
    private const int Failed = 1;

    private static readonly byte[] NewLine = "\n"u8.ToArray();

    private readonly ConcurrentDictionary<string, (CancellationTokenSource Interruption, Task Ended)> _running = new(StringComparer.Ordinal);

    public async Task RunAsync(EndpointRequest request)
    {
        CommandRequest? command;
        try
        {
            command = await request.Http.Request.ReadFromJsonAsync(EndpointJson.Wire.CommandRequest, request.Ended).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RequestRefusedException.Argument($"The body is no command: {exception.Message}");
        }

        if (command is not { Arguments: not null, WorkingDirectory: not null } || !Path.IsPathFullyQualified(command.WorkingDirectory) || command.Arguments.Any(argument => argument is null))
        {
            throw RequestRefusedException.Argument("The body is no command: arguments and a full working_directory are needed.");
        }

        if (options.RefuseCommand(command) is { } reason)
        {
            throw new RequestRefusedException(StatusCodes.Status409Conflict, new EndpointError
            {
                Code = EndpointError.CommandRefused,
                Message = reason,
                NextStep = "Run it where the store can be opened, or send one of: import, fill-gaps, backfill, verify --repair, indicators import, indicators fetch, symbols --refresh, db compact, db refresh, db compress.",
            });
        }

        await FollowAsync(request, command).ConfigureAwait(false);
    }

    /// <summary>Interrupts a command, as Ctrl-C does.</summary>
    public async Task CancelAsync(EndpointRequest request)
    {
        var id = request.Http.Request.Path.Value!.Split('/')[^1];
        if (!_running.TryGetValue(id, out var command))
        {
            throw new RequestRefusedException(StatusCodes.Status404NotFound, new EndpointError { Code = EndpointError.NotFound, Message = $"No command {id} is running.", NextStep = "It may have ended; its answer has the exit code." });
        }

        await CancelAsync(command.Interruption).ConfigureAwait(false);
        request.Http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Returns when all have ended. To be called after they were interrupted.</summary>
    public Task WaitAsync() => Task.WhenAll(_running.Values.Select(command => command.Ended));

    private static async Task CancelAsync(CancellationTokenSource interruption)
    {
        try
        {
            await interruption.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has just ended.
        }
    }

    private async Task FollowAsync(EndpointRequest request, CommandRequest command)
    {
        var id = Guid.NewGuid().ToString("n");
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(stopping, request.Http.RequestAborted);
        _running[id] = (interruption, ended.Task);
        try
        {
            var lines = Channel.CreateUnbounded<CommandLine>(new UnboundedChannelOptions { SingleReader = true });
            lines.Writer.TryWrite(new CommandLine { Id = id });
            var run = Task.Run(() => RunAsync(command, lines.Writer, interruption.Token), CancellationToken.None);
            var body = request.Begin("application/x-ndjson; charset=utf-8");
            try
            {
                await foreach (var line in lines.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    await body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, EndpointJson.Wire.CommandLine), CancellationToken.None).ConfigureAwait(false);
                    await body.WriteAsync(NewLine, CancellationToken.None).ConfigureAwait(false);
                    await body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
            {
                await interruption.CancelAsync().ConfigureAwait(false);
            }

            await run.ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(id, out _);
            ended.SetResult();
        }
    }

    private async Task RunAsync(CommandRequest command, ChannelWriter<CommandLine> lines, CancellationToken cancellationToken)
    {
        var output = new CommandOutput(text => lines.TryWrite(new CommandLine { Stdout = text }));
        var error = new CommandNotes(text => lines.TryWrite(new CommandLine { Stderr = text }));
        var code = Failed;
        try
        {
            code = await options.RunCommand(command, output, error, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            lines.TryWrite(new CommandLine { Stderr = $"kraken-db: unexpected {exception.GetType().Name}: {exception.Message}\n" });
        }
        finally
        {
            output.Dispose();
            error.Dispose();
            lines.TryWrite(new CommandLine { ExitCode = code });
            lines.Complete();
        }
    }
}
