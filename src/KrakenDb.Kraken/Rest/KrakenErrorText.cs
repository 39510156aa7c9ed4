using System.Globalization;

namespace KrakenDb.Kraken;

/// <summary>Kraken's error texts, <c>&lt;E|W&gt;Category:message[:extra]</c>. <see href="https://docs.kraken.com/api/docs/guides/spot-errors"/></summary>
internal static class KrakenErrorText
{
    private const string Throttled = "Throttled:";

    /// <summary>The exception that the texts stand for; null when there are none but warnings.</summary>
    public static KrakenApiException? Explain(IReadOnlyList<string> texts, string call)
    {
        // A warning may come with a result; a text that is neither is an error of a kind that nobody has seen.
        var errors = texts.Where(text => !text.StartsWith('W')).ToList();
        if (errors.Count == 0)
        {
            return null;
        }

        var kind = errors.Select(Classify).Min();
        return new KrakenApiException(kind, $"Kraken refused {call}: {string.Join(", ", errors)}{Advice(kind, errors)}", errors) { RetryAt = errors.Select(RetryAt).Max() };
    }

    private static KrakenErrorKind Classify(string text)
    {
        if (Has(text, "Too many requests") || Has(text, "Rate limit exceeded") || Has(text, "Throttled"))
        {
            return KrakenErrorKind.RateLimited;
        }

        if (Has(text, "EService:Unavailable") || Has(text, "EService:Busy") || Has(text, "EService:Timeout") || Has(text, "Deadline elapsed") || Has(text, "EGeneral:Internal error"))
        {
            return KrakenErrorKind.Unavailable;
        }

        return Has(text, "Unknown asset pair") ? KrakenErrorKind.UnknownPair : KrakenErrorKind.Refused;
    }

    private static string Advice(KrakenErrorKind kind, List<string> errors) => kind switch
    {
        KrakenErrorKind.UnknownPair => ". The exchange does not list that pair (now).",
        KrakenErrorKind.Refused when errors.Exists(text => Has(text, "lockout")) => ". Calls from this address are locked out, as a rule for 15 minutes.",
        _ => ".",
    };

    // "EService: Throttled: [UNIX timestamp]", with a blank behind the colon. (guides/spot-rest-ratelimits)
    private static DateTimeOffset? RetryAt(string text)
    {
        var at = text.IndexOf(Throttled, StringComparison.OrdinalIgnoreCase);
        return at >= 0
            && long.TryParse(text.AsSpan(at + Throttled.Length).Trim(" []"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 253_402_300_800
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
