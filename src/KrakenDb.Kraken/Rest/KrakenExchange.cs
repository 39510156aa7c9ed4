using System.Globalization;
using KrakenDb.Kraken;

namespace KrakenDb;

/// <summary>
/// Kraken's public REST API: the source of trades, recent candles and the list of pairs. All instances of a process share one pace per host. Safe for
/// concurrent use. Every method throws <see cref="KrakenApiException"/> when the call is refused, or is not answered however often it was tried.
/// </summary>
public sealed class KrakenExchange : ITradeSource, ICandleSource, IDisposable
{
    private readonly KrakenRestClient _client;

    /// <param name="options">Null for the defaults.</param>
    /// <param name="catalog">Names of markets; null for the built-in one.</param>
    /// <exception cref="MarketSourceException"><c>KRAKEN_API_URL</c> or <c>KRAKEN_API_RATE</c> cannot be read.</exception>
    public KrakenExchange(KrakenExchangeOptions? options = null, SymbolCatalog? catalog = null)
        : this(options ?? new KrakenExchangeOptions(), catalog, handler: null)
    {
    }

    internal KrakenExchange(KrakenExchangeOptions options, SymbolCatalog? catalog, HttpMessageHandler? handler)
    {
        Options = options;
        Catalog = catalog ?? SymbolCatalog.BuiltIn;
        _client = new KrakenRestClient(options, handler);
    }

    public KrakenExchangeOptions Options { get; }

    public SymbolCatalog Catalog { get; }

    /// <summary>Trades of one page: 1,000.</summary>
    public int PageSize => TradesReply.RowsMax;

    /// <summary>OHLC serves 720 closed candles and nothing older: 700 minutes leave time for the call.</summary>
    public TimeSpan CandleReach => TimeSpan.FromMinutes(700);

    /// <summary>Between two calls, as the exchange's refusals have made it.</summary>
    public TimeSpan CallInterval => _client.Limiter.Interval;

    /// <summary>The exchange's clock, in whole seconds.</summary>
    public Task<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken = default) => _client.GetAsync("Time", "", StatusReplies.ReadTime, cancellationToken);

    /// <summary>Whether the exchange is open.</summary>
    public Task<KrakenSystemStatus> GetSystemStatusAsync(CancellationToken cancellationToken = default) =>
        _client.GetAsync("SystemStatus", "", StatusReplies.ReadSystemStatus, cancellationToken);

    /// <summary>Every listed pair.</summary>
    public Task<IReadOnlyList<Instrument>> GetAssetPairsAsync(CancellationToken cancellationToken = default) =>
        _client.GetAsync("AssetPairs", "", AssetPairsReply.Read, cancellationToken);

    /// <summary>The order book now.</summary>
    /// <param name="symbol">Any spelling.</param>
    /// <param name="count">Levels per side, 1 to 500.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    public Task<KrakenDepth> GetDepthAsync(string symbol, int count = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 500);
        return _client.GetAsync("Depth", string.Create(CultureInfo.InvariantCulture, $"pair={Pair(Catalog.Resolve(symbol))}&count={count}"), DepthReply.Read, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    Task<TradesPage> ITradeSource.ReadTradesAsync(string symbol, string since, CancellationToken cancellationToken) =>
        _client.GetAsync("Trades", $"pair={Pair(symbol)}&since={since}", TradesReply.Read, cancellationToken);

    async Task<long?> ITradeSource.FindTradeIdAsync(string symbol, string? since, CancellationToken cancellationToken)
    {
        var query = since is null ? $"pair={Pair(symbol)}&count=1" : $"pair={Pair(symbol)}&since={since}&count=1";
        var page = await _client.GetAsync("Trades", query, TradesReply.Read, cancellationToken).ConfigureAwait(false);
        return page.Trades.Count == 0 ? null : since is null ? page.Trades.Id[page.Trades.Count - 1] : page.Trades.Id[0];
    }

    Task<DateTimeOffset> ITradeSource.ReadTimeAsync(CancellationToken cancellationToken) => GetTimeAsync(cancellationToken);

    // `since` is said to be exclusive: a second earlier costs at most one candle.
    Task<CandlesPage> ICandleSource.ReadCandlesAsync(string symbol, Interval interval, DateTimeOffset since, CancellationToken cancellationToken) => _client.GetAsync(
        "OHLC",
        string.Create(CultureInfo.InvariantCulture, $"pair={Pair(symbol)}&interval={interval.Minutes}&since={since.ToUnixTimeSeconds() - 1}"),
        OhlcReply.Of(interval),
        cancellationToken);

    // Symbols that the store was given with --map may be unknown to the catalog at hand.
    private string Pair(string symbol) => Catalog.TryResolve(symbol, out var known) ? Catalog.Altname(known) : SymbolSpellings.AltnameOf(symbol);
}
