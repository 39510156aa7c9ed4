using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>
/// Kraken's public REST and WebSocket interfaces on loopback, answered from a store as of a replay's clock: a program written for Kraken runs on history by changing one
/// address. Nothing that happened after the clock is ever shown. The clock is steered through <c>/control/replay</c>.
/// </summary>
internal sealed class ReplayServer : IAsyncDisposable
{
    private readonly ReplayServerOptions _options;
    private readonly PublicReplies _replies;
    private readonly CancellationTokenSource _stopping = new();
    private LoopbackServer? _server;
    private int _connections;

    private ReplayServer(ReplayServerOptions options, ReplayClock clock, ReplayMarkets markets)
    {
        (_options, Clock, Markets) = (options, clock, markets);
        _replies = new PublicReplies(markets);
    }

    /// <summary>Such as <c>http://127.0.0.1:40001/</c>.</summary>
    public Uri BaseAddress => _server!.Address;

    /// <summary>Such as <c>ws://127.0.0.1:40001/v2</c>.</summary>
    public Uri FeedAddress => new($"ws://{BaseAddress.Authority}/v2");

    public ReplayClock Clock { get; }

    public ReplayMarkets Markets { get; }

    /// <summary>WebSocket connections that are open.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="UnknownSymbolException">A symbol was asked for of which nothing is stored.</exception>
    /// <exception cref="ArgumentException">The replay begins after its end.</exception>
    public static async Task<ReplayServer> StartAsync(ReplayServerOptions options, CancellationToken cancellationToken = default)
    {
        if (options.From > options.To)
            throw new ArgumentException($"The replay begins at {WireTime.Iso(options.From)}, after its end at {WireTime.Iso(options.To)}.", nameof(options));

        var clock = new ReplayClock(options.TimeProvider, options.From, options.To, options.Speed);
        var server = new ReplayServer(options, clock, await ReplayMarkets.CreateAsync(options, clock, cancellationToken).ConfigureAwait(false));
        server._server = await LoopbackServer.StartAsync(options.Port, server.AnswerAsync, cancellationToken).ConfigureAwait(false);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_server is { } server)
            await server.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        const string publicPath = "/0/public/";
        var path = context.Request.Path.Value ?? "";
        try
        {
            if (path == "/control/replay")
            {
                await ReplayControl.AnswerAsync(this, context).ConfigureAwait(false);
            }
            else if (path == "/v2")
            {
                await AcceptAsync(context).ConfigureAwait(false);
            }
            else
            {
                var endpoint = path.StartsWith(publicPath, StringComparison.Ordinal) ? path[publicPath.Length..] : path;
                var (body, _) = await _replies.AnswerAsync(endpoint, await WireResponse.ReadArgumentsAsync(context).ConfigureAwait(false), cancellationToken: context.RequestAborted).ConfigureAwait(false);
                await WireResponse.SendAsync(context, body).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !context.Response.HasStarted)
        {
            // A mistake of ours must not look like one of Kraken's pages.
            _options.Failed?.Invoke(exception.Message);
            await WireResponse.SendTextAsync(context, 500, $"The replay failed: {exception.Message}\n").ConfigureAwait(false);
        }
    }

    private async Task AcceptAsync(HttpContext context)
    {
        if (!await WebSocketUpgrade.IsAskedAsync(context).ConfigureAwait(false))
            return;

        var stream = await WebSocketUpgrade.AcceptAsync(context).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        Interlocked.Increment(ref _connections);
        try
        {
            var id = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            var connection = new ReplayConnection(_options, Clock, Markets, stream, id, context.Abort);
            await using (connection.ConfigureAwait(false))
            {
                await connection.RunAsync(either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }
}
