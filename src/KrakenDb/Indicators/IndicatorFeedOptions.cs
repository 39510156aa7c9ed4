namespace KrakenDb;

/// <summary>Where external indicators are fetched from; changed with <c>with</c>.</summary>
public sealed record IndicatorFeedOptions
{
    /// <summary>Default: <c>ALTERNATIVE_ME_URL</c>, else <c>https://api.alternative.me</c>.</summary>
    public Uri AlternativeMe { get; init; } = FromEnvironment("ALTERNATIVE_ME_URL", "https://api.alternative.me");

    /// <summary>Default: <c>COINGECKO_URL</c>, else <c>https://api.coingecko.com</c>.</summary>
    public Uri CoinGecko { get; init; } = FromEnvironment("COINGECKO_URL", "https://api.coingecko.com");

    /// <summary>After which an unanswered call is given up. Default: 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    private static Uri FromEnvironment(string variable, string value)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return new Uri(value);
        }

        return Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new MarketSourceException($"{variable} is '{text}', which is no http or https address. Give one such as {value}, or unset it.");
    }
}
