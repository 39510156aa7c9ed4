using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace KrakenDb.Kraken;

/// <summary>Calls of public endpoints: paced by the host's limiter, repeated while that helps, every outcome a result or a <see cref="KrakenApiException"/>.</summary>
internal sealed partial class KrakenRestClient : IDisposable
{
    // One failed call in a while is nothing that anybody must see.
    private const int WorthTelling = 3;

    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(30);

    private readonly KrakenExchangeOptions _options;
    private readonly AdaptiveRateLimiter _limiter;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline _retries;

    public KrakenRestClient(KrakenExchangeOptions options, HttpMessageHandler? handler = null)
    {
        _options = options;
        _limiter = AdaptiveRateLimiter.OfHost(options.Address, options.CallInterval, options.LimitPause, options.TimeProvider);
        handler ??= new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All, PooledConnectionLifetime = TimeSpan.FromMinutes(10) };
        _http = new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("kraken-db");
        _retries = new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<KrakenApiException>(exception => exception.IsTransient),
                MaxRetryAttempts = Math.Max(1, options.MaxRetries),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = RetryDelayMax,

                // After a limit error all callers wait, and do so in the limiter.
                DelayGenerator = arguments => new ValueTask<TimeSpan?>(arguments.Outcome.Exception is KrakenApiException { Kind: KrakenErrorKind.RateLimited } ? TimeSpan.Zero : null),
            })
            .Build();
    }

    public AdaptiveRateLimiter Limiter => _limiter;

    /// <param name="endpoint">Such as <c>Trades</c>.</param>
    /// <param name="query">Behind the question mark; empty for none.</param>
    /// <param name="read">Reads the result; may be called again after a reply that could not be used.</param>
    /// <exception cref="KrakenApiException">Refused, or not answered however often it was tried.</exception>
    public async Task<T> GetAsync<T>(string endpoint, string query, ReplyReader.ResultReader<T> read, CancellationToken cancellationToken)
    {
        var started = _options.TimeProvider.GetTimestamp();
        var tries = 0;
        try
        {
            return _options.MaxRetries == 0
                ? await TryOnceAsync(cancellationToken).ConfigureAwait(false)
                : await _retries.ExecuteAsync(async token => await TryOnceAsync(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (KrakenApiException exception) when (exception.IsTransient)
        {
            var seconds = _options.TimeProvider.GetElapsedTime(started).TotalSeconds;
            var count = tries == 1 ? "tried once" : string.Create(CultureInfo.InvariantCulture, $"tried {tries} times in {seconds:0.#} s");
            throw new KrakenApiException(exception.Kind, $"{exception.Message} {_options.Address.Host}: {count}. Run it again later; what is stored stays.", exception.Errors, exception);
        }

        async Task<T> TryOnceAsync(CancellationToken token)
        {
            tries++;
            await _limiter.WaitAsync(token).ConfigureAwait(false);
            try
            {
                var result = await SendAsync(endpoint, query, read, token).ConfigureAwait(false);
                _limiter.Succeeded();
                return result;
            }
            catch (KrakenApiException exception)
            {
                if (exception.Kind == KrakenErrorKind.RateLimited)
                {
                    _limiter.Refused(exception.RetryAt);
                }

                LogFailed(_options.Logger, tries < WorthTelling ? LogLevel.Information : LogLevel.Warning, Call(endpoint, query), tries, exception.Message);
                throw;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Call(string endpoint, string query) => query.Length == 0 ? endpoint : $"{endpoint}?{query}";

    private static string Beginning(byte[] body) =>
        string.Concat(Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, 80)).Select(character => char.IsControl(character) ? ' ' : character)).Trim();

    private async Task<T> SendAsync<T>(string endpoint, string query, ReplyReader.ResultReader<T> read, CancellationToken cancellationToken)
    {
        var call = Call(endpoint, query);
        var (status, body) = await FetchAsync(call, cancellationToken).ConfigureAwait(false);
        try
        {
            var (errors, hasResult, result) = ReplyReader.Read(body, read);
            if (KrakenErrorText.Explain(errors, call) is { } refused)
            {
                throw refused;
            }

            foreach (var warning in errors)
            {
                LogWarning(_options.Logger, call, warning);
            }

            return hasResult ? result! : throw new ReplyShapeException("the reply has neither an error nor a result");
        }
        catch (JsonException exception)
        {
            // Not the API's own words but those of a server before it, or a body that was cut off: either may pass. (kraken-api.md 1.1)
            throw status == HttpStatusCode.OK
                ? new KrakenApiException(KrakenErrorKind.Unreachable, $"The reply to {call} is cut off or no JSON ({body.Length} bytes: {Beginning(body)}).", errors: null, exception)
                : OfStatus(status, call, body);
        }
        catch (ReplyShapeException exception)
        {
            if (status != HttpStatusCode.OK)
            {
                throw OfStatus(status, call, body);
            }

            var kept = await KeepAsync(endpoint, body, cancellationToken).ConfigureAwait(false);
            throw new KrakenApiException(
                KrakenErrorKind.UnexpectedReply,
                $"The reply to {call} is not of the documented form: {exception.Message}. Nothing of it was stored{(kept is null ? "" : $"; it is kept in {kept}")}.",
                errors: null,
                exception);
        }
    }

    // 403 is the edge's answer to an address that it does not trust at the moment; 429 was never seen.
    private static KrakenApiException OfStatus(HttpStatusCode status, string call, byte[] body) => status switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.Forbidden => new KrakenApiException(KrakenErrorKind.RateLimited, $"HTTP {(int)status} for {call} ({Beginning(body)})."),
        >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => new KrakenApiException(KrakenErrorKind.Unavailable, $"HTTP {(int)status} for {call} ({Beginning(body)})."),
        _ => new KrakenApiException(KrakenErrorKind.Refused, $"HTTP {(int)status} for {call} ({Beginning(body)}). Is KRAKEN_API_URL the address of the API?"),
    };

    private async Task<(HttpStatusCode Status, byte[] Body)> FetchAsync(string call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await _http.GetAsync(new Uri($"{_options.Address.AbsoluteUri.TrimEnd('/')}/0/public/{call}"), HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KrakenApiException(KrakenErrorKind.Unreachable, string.Create(CultureInfo.InvariantCulture, $"No answer to {call} within {_options.Timeout.TotalSeconds:0.#} s."), errors: null, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new KrakenApiException(KrakenErrorKind.Unreachable, $"No answer to {call}: {exception.Message.TrimEnd('.')}.", errors: null, exception);
        }
    }

    private async Task<string?> KeepAsync(string endpoint, byte[] body, CancellationToken cancellationToken)
    {
        if (_options.ReportDirectory is not { } directory)
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(directory);
            var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"kraken-{endpoint}-{_options.TimeProvider.GetUtcNow():yyyyMMdd'T'HHmmss.fff'Z'}.json"));
            await File.WriteAllBytesAsync(path, body, cancellationToken).ConfigureAwait(false);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotKept(_options.Logger, directory, exception);
            return null;
        }
    }

    [LoggerMessage(Message = "{Call}, try {Try}: {Reason}")]
    private static partial void LogFailed(ILogger logger, LogLevel level, string call, int @try, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Call}: {Warning}")]
    private static partial void LogWarning(ILogger logger, string call, string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An unexpected reply could not be kept in {Directory}")]
    private static partial void LogNotKept(ILogger logger, string directory, Exception exception);
}
