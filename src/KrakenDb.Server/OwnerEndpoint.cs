using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Server;

/// <summary>
/// Answers other processes for a store that this one has open: reads over HTTP on the loopback address, and commands that write. While it runs, the owner
/// file names its address. To be disposed before the store.
/// </summary>
internal sealed partial class OwnerEndpoint : IAsyncDisposable
{
    private readonly OwnerEndpointOptions _options;
    private readonly IMarketStore _store;
    private readonly HistoricalDataProvider _provider;
    private readonly byte[] _token;
    private readonly RunningCommands _commands;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private readonly List<string> _tokenFiles = [];
    private LoopbackHost? _host;
    private string _location = "";
    private int _isDisposed;

    private OwnerEndpoint(IMarketStore store, OwnerEndpointOptions options)
    {
        _store = store;
        _options = options;
        _provider = new HistoricalDataProvider(store, options.TimeProvider);
        Token = options.Token ?? TokenFile.NewToken();
        _token = Encoding.UTF8.GetBytes(Token);
        _commands = new RunningCommands(options, _stopping.Token);
        _logger = options.LoggerFactory.CreateLogger<OwnerEndpoint>();
    }

    /// <summary>Such as <c>http://127.0.0.1:40001/</c>.</summary>
    public Uri Address => _host!.Address;

    public string Token { get; }

    /// <summary>Where the token lies: beside the store's file, and under the port's number.</summary>
    public IReadOnlyList<string> TokenFiles => _tokenFiles;

    /// <summary>Starts to answer, leaves the token, and records the address in the owner file where there is one.</summary>
    /// <param name="store">Stays the caller's, and open until this is disposed.</param>
    /// <param name="options">Which port, and what commands.</param>
    /// <param name="cancellationToken">Of the start only.</param>
    /// <exception cref="IOException">The port is taken, or the token cannot be left.</exception>
    public static async Task<OwnerEndpoint> StartAsync(IMarketStore store, OwnerEndpointOptions options, CancellationToken cancellationToken = default)
    {
        var endpoint = new OwnerEndpoint(store, options);
        try
        {
            endpoint._location = (await store.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Location;
            endpoint._host = await LoopbackHost.StartAsync(options.Port, endpoint.AnswerAsync, cancellationToken).ConfigureAwait(false);
            endpoint.LeaveTokens();
            (store as IOwnedFile)?.PublishEndpoint(endpoint.Address);
            endpoint.LogAnswering(endpoint.Address);
            return endpoint;
        }
        catch
        {
            await endpoint.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Interrupts the commands that run and waits for them; requests are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_host is not null)
        {
            (_store as IOwnedFile)?.PublishEndpoint(endpoint: null);
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _commands.WaitAsync().ConfigureAwait(false);
        if (_host is { } host)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var file in _tokenFiles)
        {
            TokenFile.Remove(file, Token);
        }

        _stopping.Dispose();
    }

    private void LeaveTokens()
    {
        if (_store is IOwnedFile file)
        {
            Leave(TokenFile.Beside(file.FilePath));
        }

        if (_options.TokenFolder is { } folder)
        {
            Leave(TokenFile.ForPort(folder, Address.Port));
        }

        void Leave(string path)
        {
            TokenFile.Write(path, Token);
            _tokenFiles.Add(path);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        var request = new EndpointRequest(context, ended.Token)
        {
            Store = _store,
            Provider = _provider,
            Commands = _commands,
            TimeProvider = _options.TimeProvider,
            Owner = new OwnerDescription(Environment.ProcessId, _options.Version, _location),
            IsAuthorized = IsAuthorized(context.Request),
        };
        try
        {
            var route = Routes.Find(context.Request.Method, context.Request.Path.Value ?? "/", request.IsAuthorized);
            request.Check(route);
            await route.AnswerAsync(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more who could read an answer.
        }
        catch (Exception exception)
        {
            await FailAsync(context, exception).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(HttpContext context, Exception exception)
    {
        var (status, error) = EndpointFailure.Explain(exception, _stopping.IsCancellationRequested);
        if (error.Code == EndpointError.Internal)
        {
            LogUnexpected(context.Request.Method, context.Request.Path, exception);
        }

        if (context.Response.HasStarted)
        {
            // Cut off, so that nobody takes the part for the whole.
            context.Abort();
            return;
        }

        try
        {
            await EndpointFailure.SendAsync(context, status, error).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left.
        }
    }

    // In constant time, whatever the length: how much of a guess is right cannot be measured.
    private bool IsAuthorized(HttpRequest request)
    {
        const string scheme = "Bearer ";
        return request.Headers.Authorization.ToString() is var header && header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[scheme.Length..])), SHA256.HashData(_token));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Other processes are answered at {Address}")]
    private partial void LogAnswering(Uri address);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogUnexpected(string method, string path, Exception exception);
}
