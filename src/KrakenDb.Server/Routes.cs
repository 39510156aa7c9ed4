using Microsoft.AspNetCore.Http;

namespace KrakenDb.Server;

/// <summary>Every request that is answered (docs/http-api.md).</summary>
internal static class Routes
{
    public static IReadOnlyList<Route> All { get; } =
    [
        new("GET", "/health", [], LedgerAnswers.HealthAsync) { IsOpen = true },
        new("GET", "/v1/owner", [], LedgerAnswers.OwnerAsync),
        new("GET", "/v1/store", ["format"], LedgerAnswers.StoreAsync),
        new("GET", "/v1/symbols", ["format"], LedgerAnswers.SymbolsAsync),
        new("GET", "/v1/status", ["symbol", "format"], LedgerAnswers.StatusAsync),
        new("GET", "/v1/sync-status", ["symbol", "format"], LedgerAnswers.SyncStatusAsync),
        new("GET", "/v1/coverage", ["symbol!", "data_type!", "format"], LedgerAnswers.CoverageAsync),
        new("GET", "/v1/wanted-from", ["symbol!", "format"], LedgerAnswers.WantedFromAsync),
        new("GET", "/v1/absent-ids", ["symbol!", "format"], LedgerAnswers.AbsentIdsAsync),
        new("GET", "/v1/instruments", ["format"], LedgerAnswers.InstrumentsAsync),
        new("GET", "/v1/instruments/changes", ["format"], LedgerAnswers.InstrumentChangesAsync),
        new("GET", "/v1/indicators", ["name!", "start", "end", "as_of", "format"], LedgerAnswers.IndicatorsAsync),
        new("GET", "/v1/range", ["symbol!", "format"], LedgerAnswers.RangeAsync),
        new("GET", "/v1/candles", ["symbol!", "interval!", "start", "end", "limit", "as_of", "holes", "include_open", "format"], CandleAnswers.RangeAsync),
        new("GET", "/v1/candles/latest", ["symbol!", "interval!", "count", "as_of", "holes", "format"], CandleAnswers.LatestAsync),
        new("GET", "/v1/candles/multi", ["symbol!", "intervals", "as_of", "lookback", "holes", "format"], CandleAnswers.MultiAsync),
        new("GET", "/v1/trades", ["symbol!", "start", "end", "after_id", "limit", "format"], TradeAnswers.TradesAsync),
        new("GET", "/v1/frames/candles", ["symbol!", "stored!", "bucket!", "start!", "end!"], CandleAnswers.FrameAsync),
        new("GET", "/v1/frames/trades", ["symbol!", "start!", "end!", "after_id!", "limit!"], TradeAnswers.FrameAsync),
        new("POST", "/v1/commands", [], request => request.Commands.RunAsync(request)),
        new("DELETE", "/v1/commands/{id}", [], request => request.Commands.CancelAsync(request)),
    ];

    /// <exception cref="RequestRefusedException">No such route; or a token is needed, which is said before anything is told about routes.</exception>
    public static Route Find(string method, string path, bool isAuthorized)
    {
        var there = All.Where(route => route.Matches(path)).ToList();
        if (!isAuthorized && !there.Exists(route => route.IsOpen))
        {
            throw new RequestRefusedException(StatusCodes.Status401Unauthorized, new EndpointError
            {
                Code = EndpointError.Unauthorized,
                Message = "The request shows no token, or not the one of this owner.",
                NextStep = $"Send the content of the token file (<store>.token, readable by its user only) as 'Authorization: Bearer …', or set {TokenFile.Variable}.",
            });
        }

        return there.Find(route => route.Method == method) ?? throw (there.Count > 0
            ? Refuse(StatusCodes.Status405MethodNotAllowed, EndpointError.MethodNotAllowed, $"{path} is asked with {string.Join(" or ", there.Select(route => route.Method))}, not {method}.", [])
            : Refuse(StatusCodes.Status404NotFound, EndpointError.NotFound, $"There is nothing at {path}.", Near(path)));
    }

    private static RequestRefusedException Refuse(int status, string code, string message, IReadOnlyList<string> near) =>
        new(status, new EndpointError { Code = code, Message = message, NextStep = "docs/http-api.md lists every route with its parameters.", NearMatches = near });

    private static List<string> Near(string path) => path.Length > 100
        ? []
        : [.. All.Select(route => route.Path).Distinct(StringComparer.Ordinal).Select(known => (Path: known, Distance: EditDistance.Between(known, path))).Where(near => near.Distance <= 4).OrderBy(near => near.Distance).Take(3).Select(near => near.Path)];
}
