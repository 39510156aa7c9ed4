using System.Globalization;
using System.Runtime.CompilerServices;
using KrakenDb.Kraken;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>
/// Fetches the trades of symbols, all of history or a part of it, and builds 1-minute candles from them. Only what is not stored yet is fetched, backwards
/// as well as forwards; a backfill that was interrupted goes on where its last page was committed. Does not own its store and source.
/// </summary>
/// <param name="store">Not disposed.</param>
/// <param name="source"><see cref="KrakenExchange"/>.</param>
/// <param name="options">Null for the defaults.</param>
public sealed partial class KrakenTradesBackfill(IMarketStore store, ITradeSource source, KrakenTradesBackfillOptions? options = null)
{
    private readonly KrakenTradesBackfillOptions _options = options ?? new KrakenTradesBackfillOptions();

    /// <summary>One page, not stored.</summary>
    /// <param name="pair">Any spelling of a market.</param>
    /// <param name="since">Nanoseconds since 1970 as text, or <see cref="KrakenTradesPage.Last"/> of the page before; <c>0</c> for the first trade of all.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    /// <exception cref="KrakenApiException">Refused, or not answered.</exception>
    public async Task<KrakenTradesPage> FetchTradesPageAsync(string pair, string since = "0", CancellationToken cancellationToken = default)
    {
        var symbol = await ResolveAsync(pair, cancellationToken).ConfigureAwait(false);
        var page = await source.ReadTradesAsync(symbol, since, cancellationToken).ConfigureAwait(false);
        return new KrakenTradesPage([.. page.Trades.Rows().Select(row => row.ToTrade(symbol))], page.Last);
    }

    /// <summary>Page after page, not stored; each trade once. Ends at <see cref="KrakenTradesBackfillOptions.Until"/> or the newest trade.</summary>
    /// <inheritdoc cref="FetchTradesPageAsync"/>
    public async IAsyncEnumerable<IReadOnlyList<HistoricalTrade>> FetchAllTradesAsync(string symbol, string startSince = "0", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        long lastId = 0;
        while (true)
        {
            var page = await source.ReadTradesAsync(name, startSince, cancellationToken).ConfigureAwait(false);
            var until = _options.Until;
            var fresh = page.Trades.Rows().Where(row => row.Id > lastId).Select(row => row.ToTrade(name)).Where(trade => until is null || trade.Timestamp < until).ToList();
            if (fresh.Count > 0)
            {
                yield return fresh;
            }

            if (page.Trades.Count == 0 || page.Rows < source.PageSize || (until is { } end && page.Trades[page.Trades.Count - 1].ToTrade(name).Timestamp >= end))
            {
                yield break;
            }

            var newest = page.Trades.Id[page.Trades.Count - 1];
            var next = page.Last ?? (page.Trades.TimestampNanoseconds[page.Trades.Count - 1] - 10).ToString(CultureInfo.InvariantCulture);
            startSince = newest > lastId || SymbolLedger.Newer(next, startSince) is not null
                ? next
                : (long.Parse(startSince, NumberStyles.None, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
            lastId = Math.Max(lastId, newest);
        }
    }

    /// <summary>Stores trades of one symbol. They cover nothing: only a fetch knows what lies between them.</summary>
    /// <returns>How many were not stored before.</returns>
    /// <exception cref="ArgumentException">A trade without an id, of another symbol, or with a value that does not fit.</exception>
    public async Task<long> StoreTradesAsync(string symbol, IReadOnlyCollection<HistoricalTrade> trades, CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        if (trades.FirstOrDefault(trade => trade.Symbol != name) is { } other)
        {
            throw new ArgumentException($"A trade of {other.Symbol} is no trade of {name}.", nameof(trades));
        }

        var (rows, _, _) = TradeMerge.Order(TradeBatch.FromRows([.. trades.Select(TradeRow.FromTrade)]));
        return rows.Count == 0 ? 0 : (await store.WriteAsync(new StoreWrite { Symbol = name, Trades = rows, AllowExpiring = _options.AllowExpiring }, cancellationToken).ConfigureAwait(false)).TradesInserted;
    }

    /// <summary>Builds the 1-minute candles of stored trades: whole minutes, where trades are proven to be complete.</summary>
    /// <returns>How many were not stored before.</returns>
    public async Task<long> BuildCandlesFromTradesAsync(string symbol, DateTimeOffset startTime, DateTimeOffset endTime, CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        return (await MinutesFromTrades.BuildAsync(store, name, new TimeRange(startTime, endTime), again: true, _options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false)).CandlesInserted;
    }

    /// <summary>What the next page of a symbol is asked with: the newest reply's <c>last</c>, unchanged; <c>0</c> before the first.</summary>
    public async Task<string> GetResumePointAsync(string symbol, CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        return (await store.GetSyncStatusAsync(name, cancellationToken).ConfigureAwait(false)).FirstOrDefault(row => row.DataType == DataType.Trades)?.LastKrakenSince ?? "0";
    }

    /// <summary>What a backfill would fetch. Asks the exchange for a few ids.</summary>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    /// <exception cref="KrakenApiException">Refused, or not answered.</exception>
    public async Task<BackfillPlan> PlanAsync(string symbol, CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        var clock = await ExchangeClock.ReadAsync(source, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        return await new BackfillPlanner(store, source, _options).PlanAsync(name, clock, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches and stores what a symbol lacks.</summary>
    /// <param name="symbol">Any spelling.</param>
    /// <param name="plan">From <see cref="PlanAsync"/>; null to make one.</param>
    /// <param name="progress">Told after each page.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="UnknownSymbolException">No market goes by that name.</exception>
    /// <returns>Also when the exchange failed on the way: see <see cref="BackfillResult.Error"/>.</returns>
    public async Task<BackfillResult> BackfillSymbolAsync(string symbol, BackfillPlan? plan = null, IProgress<BackfillProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var name = await ResolveAsync(symbol, cancellationToken).ConfigureAwait(false);
        var run = new BackfillRun(store, source, _options, name, progress);
        try
        {
            plan ??= await PlanAsync(name, cancellationToken).ConfigureAwait(false);
            await run.FetchAsync(plan, cancellationToken).ConfigureAwait(false);
            await store.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
            return run.Result(error: null);
        }
        catch (MarketSourceException exception)
        {
            LogEnded(_options.Logger, name, exception);
            await store.RefreshRollupsAsync(range: null, cancellationToken).ConfigureAwait(false);
            return run.Result(exception.Message);
        }
    }

    private async Task<string> ResolveAsync(string name, CancellationToken cancellationToken) =>
        SymbolCatalog.BuiltIn.With(await store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false)).Resolve(name);

    [LoggerMessage(Level = LogLevel.Error, Message = "The backfill of {Symbol} ended early")]
    private static partial void LogEnded(ILogger logger, string symbol, Exception exception);
}
