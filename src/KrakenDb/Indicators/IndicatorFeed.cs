using System.Globalization;
using System.Text.Json;

namespace KrakenDb;

/// <summary>Fetches external indicators: public JSON, no key, one call each.</summary>
/// <param name="options">Null for the defaults.</param>
public sealed class IndicatorFeed(IndicatorFeedOptions? options = null) : IDisposable
{
    /// <summary>alternative.me's index of the mood of the market, 0 (fear) to 100 (greed), one value a day.</summary>
    public const string FearGreed = "fear_greed";

    /// <summary>The share of Bitcoin in the value of all coins, in percent; CoinGecko's, now.</summary>
    public const string BtcDominance = "btc_dominance";

    private const int Decimals = 10;

    private readonly IndicatorFeedOptions _options = options ?? new IndicatorFeedOptions();
    private readonly HttpClient _http = new() { Timeout = (options ?? new IndicatorFeedOptions()).Timeout };

    /// <summary>The names that <see cref="FetchAsync"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [FearGreed, BtcDominance];

    /// <summary>All of the history that the publisher serves, or its newest value where it serves no more; ascending.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="ArgumentException">None of the names.</exception>
    /// <exception cref="MarketSourceException">No answer, or one of another form.</exception>
    public async Task<IReadOnlyList<ExternalIndicator>> FetchAsync(string name, CancellationToken cancellationToken = default) => name switch
    {
        FearGreed => await GetAsync(_options.AlternativeMe, "/fng/?limit=0", ReadFearGreed, cancellationToken).ConfigureAwait(false),
        BtcDominance => await GetAsync(_options.CoinGecko, "/api/v3/global", ReadBtcDominance, cancellationToken).ConfigureAwait(false),
        _ => throw new ArgumentException($"'{name}' is none of {string.Join(", ", Names)}.", nameof(name)),
    };

    public void Dispose() => _http.Dispose();

    // https://alternative.me/crypto/fear-and-greed-index/#api: values and seconds are texts, newest first.
    private static IEnumerable<ExternalIndicator> ReadFearGreed(JsonElement root) => root.GetProperty("data").EnumerateArray()
        .Select(row => new ExternalIndicator
        {
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(long.Parse(row.GetProperty("timestamp").GetString()!, NumberStyles.None, CultureInfo.InvariantCulture)),
            IndicatorName = FearGreed,
            Value = decimal.Parse(row.GetProperty("value").GetString()!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture),
            Source = "alternative.me",
        });

    // https://docs.coingecko.com/reference/crypto-global: a number with as many digits as a double has.
    private static IEnumerable<ExternalIndicator> ReadBtcDominance(JsonElement root)
    {
        var data = root.GetProperty("data");
        yield return new ExternalIndicator
        {
            Timestamp = DateTimeOffset.FromUnixTimeSeconds(data.GetProperty("updated_at").GetInt64()),
            IndicatorName = BtcDominance,
            Value = decimal.Round(data.GetProperty("market_cap_percentage").GetProperty("btc").GetDecimal(), Decimals, MidpointRounding.AwayFromZero),
            Source = "coingecko",
        };
    }

    private async Task<IReadOnlyList<ExternalIndicator>> GetAsync(Uri address, string path, Func<JsonElement, IEnumerable<ExternalIndicator>> read, CancellationToken cancellationToken)
    {
        var url = new Uri($"{address.AbsoluteUri.TrimEnd('/')}{path}");
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.ParseAdd("kraken-db");
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw new MarketSourceException($"{url.Host} answers HTTP {(int)response.StatusCode}. Nothing was stored; try again later.") { IsTransient = true };
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            using var document = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken).ConfigureAwait(false);
            return [.. read(document.RootElement).OrderBy(indicator => indicator.Timestamp)];
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MarketSourceException($"{url.Host} does not answer: {exception.Message.TrimEnd('.')}. Nothing was stored; try again later.", exception) { IsTransient = true };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException or OverflowException or ArgumentNullException)
        {
            throw new MarketSourceException($"The answer of {url.Host} is not of the documented form: {exception.Message.TrimEnd('.')}. Nothing was stored.", exception);
        }
    }
}
