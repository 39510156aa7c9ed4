using System.Text.Json;
using KrakenDb.Simulator;

namespace KrakenDb.Tests.Simulator;

/// <summary>Asks a simulated exchange over HTTP and reads its JSON as it is: no code of the library's own client.</summary>
internal sealed class ExchangeClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address };

    public ExchangeClient(SimulatedExchange exchange)
        : this(exchange.BaseAddress)
    {
    }

    public void Dispose() => _http.Dispose();

    public async Task<string> TextAsync(string pathAndQuery)
    {
        using var response = await GetAsync(pathAndQuery);
        return await response.Content.ReadAsStringAsync();
    }

    public Task<HttpResponseMessage> GetAsync(string pathAndQuery, CancellationToken cancellationToken = default) =>
        _http.GetAsync(new Uri(pathAndQuery, UriKind.Relative), cancellationToken);

    public async Task<string> PostAsync(string pathAndQuery)
    {
        using var response = await _http.PostAsync(new Uri(pathAndQuery, UriKind.Relative), content: null);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>The whole envelope of a public endpoint.</summary>
    public async Task<JsonElement> AskAsync(string query) => JsonElement.Parse(await TextAsync($"0/public/{query}"));

    public async Task<JsonElement> ResultAsync(string query) => (await AskAsync(query)).GetProperty("result");

    public async Task<string?> ErrorAsync(string query)
    {
        var errors = (await AskAsync(query)).GetProperty("error");
        return errors.GetArrayLength() == 0 ? null : errors[0].GetString();
    }

    /// <summary>The rows of Trades or OHLC, with <c>last</c>.</summary>
    public async Task<(JsonElement[] Rows, JsonElement Last)> RowsAsync(string query)
    {
        var result = await ResultAsync(query);
        return ([.. result.EnumerateObject().Single(entry => entry.Name != "last").Value.EnumerateArray()], result.GetProperty("last"));
    }

    public async Task<long[]> TradeIdsAsync(string query) => [.. (await RowsAsync(query)).Rows.Select(row => row[6].GetInt64())];

    /// <summary>From the very first trade on, as Kraken's documentation has it: <c>last</c> becomes <c>since</c> until a page is not full.</summary>
    public async Task<(List<JsonElement> Rows, int Pages)> AllTradesAsync(string pair, int count)
    {
        var all = new List<JsonElement>();
        var since = "0";
        for (var pages = 1; ; pages++)
        {
            var (rows, last) = await RowsAsync($"Trades?pair={pair}&since={since}&count={count}");
            all.AddRange(rows);
            if (rows.Length < count)
                return (all, pages);
            since = last.GetString()!;
        }
    }
}
