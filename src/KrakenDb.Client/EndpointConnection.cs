using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace KrakenDb.Client;

/// <summary>Asks an owner and turns every way in which it may fail to answer into an exception that says what happened.</summary>
internal sealed class EndpointConnection : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly Func<EndpointAddress?> _locate;
    private EndpointAddress _address;

    /// <param name="address">Where to ask.</param>
    /// <param name="locate">Where the owner is now, asked for when it does not answer there; null where nobody knows.</param>
    public EndpointConnection(EndpointAddress address, Func<EndpointAddress?> locate)
    {
        _address = address;
        _locate = locate;
    }

    public EndpointAddress Address => Volatile.Read(ref _address);

    /// <summary>Sends a request and hands its body to a reader. A reader that is cancelled, or fails, ends the request at the owner.</summary>
    /// <exception cref="MarketStoreException">No owner answers, it refuses, or it went away in the middle.</exception>
    public async Task<T> AskAsync<T>(HttpMethod method, string pathAndQuery, Func<HttpContent>? content, Func<Stream, Task<T>> read, CancellationToken cancellationToken)
    {
        var address = Address;
        using var response = await SendAsync(address, method, pathAndQuery, content, cancellationToken).ConfigureAwait(false);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await read(stream).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw Gone(address, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The request was cancelled.", exception, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidDataException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new MarketStoreException($"What {address} sent cannot be used: {exception.Message}", exception);
        }
    }

    public Task<T> GetAsync<T>(string pathAndQuery, Func<Stream, Task<T>> read, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, pathAndQuery, content: null, read, cancellationToken);

    public Task<T> GetJsonAsync<T>(string pathAndQuery, Func<JsonElement, T> read, CancellationToken cancellationToken) => GetAsync(
        pathAndQuery,
        async stream =>
        {
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken).ConfigureAwait(false);
            return read(document.RootElement);
        },
        cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(EndpointAddress address, HttpMethod method, string pathAndQuery, Func<HttpContent>? content, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            HttpResponseMessage response;
            using var request = new HttpRequestMessage(method, new Uri(address.Uri, pathAndQuery)) { Content = content?.Invoke() };
            if (address.Token is { } token)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            try
            {
                response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException exception)
            {
                if (isFirst && IsElsewhere(address) is { } moved)
                {
                    address = moved;
                    continue;
                }

                throw Gone(address, exception);
            }
            catch (ObjectDisposedException exception)
            {
                throw new ObjectDisposedException("The store was closed.", exception);
            }

            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            // An owner that was started anew has a new token.
            if (response.StatusCode == HttpStatusCode.Unauthorized && isFirst && IsElsewhere(address) is { } renewed)
            {
                response.Dispose();
                address = renewed;
                continue;
            }

            using (response)
            {
                throw await RefusalAsync(address, response, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // The owner's present address, if that is another one.
    private EndpointAddress? IsElsewhere(EndpointAddress address)
    {
        if (_locate() is not { } now || (now.Uri == address.Uri && now.Token == address.Token))
        {
            return null;
        }

        Volatile.Write(ref _address, now);
        return now;
    }

    private static MarketStoreException Gone(EndpointAddress address, Exception exception) => new(
        $"{Capitalized(address.ToString())} does not answer: {exception.Message.TrimEnd('.')}. If it has ended, run the same command again: a file is then opened directly.", exception)
    { IsTransient = true };

    private static string Capitalized(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static async Task<Exception> RefusalAsync(EndpointAddress address, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        EndpointError? error = null;
        try
        {
            error = await response.Content.ReadFromJsonAsync(EndpointJson.Wire.EndpointError, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException or NotSupportedException or InvalidOperationException)
        {
            // Not one of ours, or cut off: the status says it.
        }

        return error switch
        {
            null => new MarketStoreException($"{Capitalized(address.ToString())} answered {(int)response.StatusCode} {response.ReasonPhrase}, which is nothing that kraken-db says. Is that its address?"),
            { Code: EndpointError.Unauthorized } => new MarketStoreException($"{error.Message} {error.NextStep}"),
            { Code: EndpointError.UnknownSymbol } => new UnknownSymbolException(error.Message, "", error.NearMatches),
            { Code: EndpointError.InvalidArgument or EndpointError.NotFound or EndpointError.MethodNotAllowed } => new MarketStoreException($"{error.Message} The owner may be of another version of kraken-db than this program."),
            { Code: EndpointError.StoreBusy or EndpointError.Stopping } => new MarketStoreException(error.Message) { IsTransient = true },
            _ => new MarketStoreException(error.Message),
        };
    }
}
