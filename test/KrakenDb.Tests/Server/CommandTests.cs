using System.Text;
using KrakenDb.Cli;
using KrakenDb.Client;
using KrakenDb.Server;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Server;

/// <summary>Commands that are sent to an owner and carried out there.</summary>
public sealed class CommandTests : IAsyncDisposable
{
    private static readonly CommandRequest Request = new() { Arguments = ["import", "--dir", "x"], WorkingDirectory = Path.GetTempPath(), Width = 77 };

    private readonly InMemoryMarketStore _store = new(TimeProvider.System);
    private readonly MemoryStream _output = new();
    private readonly StringWriter _error = new();
    private OwnerEndpoint? _endpoint;

    public async ValueTask DisposeAsync()
    {
        if (_endpoint is not null)
        {
            await _endpoint.DisposeAsync();
        }

        await _store.DisposeAsync();
    }

    [Fact]
    public async Task What_it_prints_and_its_exit_code_come_back_as_they_are()
    {
        CommandRequest? received = null;
        await StartAsync((request, output, error, _) =>
        {
            received = request;
            output.Write("Zürich "u8[..2]);
            output.Write("Zürich "u8[2..]);
            error.WriteLine("importing: 1 row");
            error.Write("a note");
            output.Write("✓\n"u8);
            return Task.FromResult(7);
        });

        (await SendAsync(default)).ShouldBe(7);

        Encoding.UTF8.GetString(_output.ToArray()).ShouldBe("Zürich ✓\n");
        _error.ToString().ShouldBe("importing: 1 row\na note");
        received!.ShouldSatisfyAllConditions(
            request => request.Arguments.ShouldBe(Request.Arguments),
            request => request.WorkingDirectory.ShouldBe(Request.WorkingDirectory),
            request => request.Width.ShouldBe(77));
    }

    [Fact]
    public async Task Ctrl_C_at_the_sender_reaches_it_and_its_last_words_come_back()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(async (_, _, error, cancellationToken) =>
        {
            started.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                await error.WriteLineAsync("What was committed stays.");
            }

            return 130;
        });
        using var interruption = new CancellationTokenSource();
        var sent = SendAsync(interruption.Token);
        await started.Task;

        await interruption.CancelAsync();

        (await sent).ShouldBe(130);
        _error.ToString().ShouldContain("What was committed stays.");
    }

    [Fact]
    public async Task A_sender_that_is_gone_takes_its_command_with_it()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(async (_, output, _, cancellationToken) =>
        {
            output.Write("ready\n"u8);
            cancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            return 0;
        });
        using var closed = new ClosedOutput();

        await Should.ThrowAsync<NotSupportedException>(() => SendAsync(default, closed));

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task An_owner_that_ends_interrupts_its_commands_and_waits_for_them()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = false;
        await StartAsync(async (_, _, _, cancellationToken) =>
        {
            started.SetResult();
            await Should.ThrowAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, cancellationToken));
            await Task.Yield();
            ended = true;
            return 130;
        });
        var sent = SendAsync(default);
        await started.Task;

        await _endpoint!.DisposeAsync();

        ended.ShouldBeTrue();

        // Its last line may or may not come through before the connection is closed.
        await Task.WhenAny(sent);
        (sent.IsCompletedSuccessfully ? await sent : 130).ShouldBe(130);
        _ = sent.Exception;
    }

    [Fact]
    public async Task A_command_that_fails_unexpectedly_is_told_and_the_owner_goes_on()
    {
        await StartAsync((_, _, _, _) => throw new NotSupportedException("broken on purpose"));

        (await SendAsync(default)).ShouldBe(1);
        (await SendAsync(default)).ShouldBe(1);

        _error.ToString().ShouldContain("broken on purpose");
    }

    [Fact]
    public async Task Only_commands_on_the_list_are_carried_out()
    {
        var options = OwnerCommands.EndpointOptions(new CommandContext(Stream.Null, TextWriter.Null), location: null);
        var senders = new[] { "import --dir x", "fill-gaps", "backfill --symbols BTC/USD", "indicators import f.csv", "indicators fetch fear_greed", "symbols --refresh", "verify --repair", "db compact", "db backup f", "db refresh", "db compress", "db compression", "db retention run", "book import f.cbcap", "book query at BTC/USD", "book verify" };
        foreach (var line in senders)
        {
            options.RefuseCommand(Request with { Arguments = line.Split(' ') }).ShouldBeNull(line);
        }

        foreach (var line in new[] { "serve", "demo", "simulate", "candles BTC/USD -i 1", "export BTC/USD -i 1 --to /tmp/x.csv", "symbols", "verify", "db init", "db restore f", "copy --from a --to b", "book watch --symbols BTC/USD", "collect --symbols BTC/USD", "db", "--help", "nothing" })
        {
            options.RefuseCommand(Request with { Arguments = line.Split(' ') }).ShouldNotBeNull(line);
        }

        _endpoint = await OwnerEndpoint.StartAsync(_store, options with { TokenFolder = null });
        var refused = await Should.ThrowAsync<MarketStoreException>(() => SendAsync(default, request: Request with { Arguments = ["serve"] }));
        refused.Message.ShouldContain("kraken-db serve");
    }

    private async Task StartAsync(CommandRunner run) =>
        _endpoint = await OwnerEndpoint.StartAsync(_store, new OwnerEndpointOptions { RefuseCommand = _ => null, RunCommand = run });

    private async Task<int> SendAsync(CancellationToken cancellationToken, Stream? output = null, CommandRequest? request = null)
    {
        using var sender = new CommandSender(new EndpointAddress(_endpoint!.Address, _endpoint.Token));
        return await sender.RunAsync(request ?? Request, output ?? _output, _error, cancellationToken);
    }

    private sealed class ClosedOutput : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("closed");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException("closed");
    }
}
