using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Server;

/// <summary>What is stored, how well it is known, and what the store is.</summary>
internal static class LedgerAnswers
{
    /// <summary>Without a token only that somebody answers; with one, how the store stands.</summary>
    public static async Task HealthAsync(EndpointRequest request)
    {
        if (!request.IsAuthorized)
        {
            await request.Begin("application/json; charset=utf-8").WriteAsync("{\"status\":\"alive\"}\n"u8.ToArray(), request.Ended).ConfigureAwait(false);
            return;
        }

        var report = await request.Provider.HealthCheckAsync(request.Ended).ConfigureAwait(false);
        request.Http.Response.StatusCode = report.Connected ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await request.SendAsync(stream => StoreRecords.Of(report).WriteOne(stream, OutputFormat.Json)).ConfigureAwait(false);
    }

    public static Task OwnerAsync(EndpointRequest request) =>
        request.SendAsync(stream => JsonSerializer.Serialize(stream, request.Owner, EndpointJson.Wire.OwnerDescription));

    public static async Task StoreAsync(EndpointRequest request) =>
        await request.SendOneAsync(StoreRecords.WithFeatures(await request.Store.GetStatusAsync(request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task SymbolsAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Symbols(await request.Store.GetSymbolsAsync(request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task StatusAsync(EndpointRequest request)
    {
        var rows = new List<CoverageStatus>();
        foreach (var symbol in request.TextOrNull("symbol") is { } asked ? [asked] : await request.Store.GetSymbolsAsync(request.Ended).ConfigureAwait(false))
        {
            var status = await request.Provider.GetCoverageStatusAsync(symbol, request.Ended).ConfigureAwait(false);
            rows.AddRange(status.OrderBy(row => DataType.CandleInterval(row.DataType)?.Minutes ?? 0));
        }

        await request.SendAsync(StoreRecords.Of(rows)).ConfigureAwait(false);
    }

    public static async Task SyncStatusAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Of(await request.Store.GetSyncStatusAsync(request.TextOrNull("symbol"), request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task CoverageAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Of((IEnumerable<CoverageRange>)await request.Store.GetCoverageAsync(request.Text("symbol"), request.Text("data_type"), request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task WantedFromAsync(EndpointRequest request)
    {
        var records = new Records("symbol", "wanted_from");
        records.Add(request.Text("symbol"), await request.Store.GetWantedFromAsync(request.Text("symbol"), request.Ended).ConfigureAwait(false));
        await request.SendOneAsync(records).ConfigureAwait(false);
    }

    public static async Task AbsentIdsAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Of(await request.Store.GetAbsentTradeIdsAsync(request.Text("symbol"), request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task InstrumentsAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Of(await request.Store.GetInstrumentsAsync(request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    public static async Task InstrumentChangesAsync(EndpointRequest request) =>
        await request.SendAsync(StoreRecords.Of(await request.Store.GetInstrumentChangesAsync(request.Ended).ConfigureAwait(false))).ConfigureAwait(false);

    /// <summary>The values of a range; without a start the newest one.</summary>
    public static async Task IndicatorsAsync(EndpointRequest request)
    {
        var name = request.Text("name");
        IReadOnlyList<ExternalIndicator> values;
        if (request.TimeOrNull("start") is { } start)
        {
            // Without as_of nothing is held back: the reader at the other end decides what was known when.
            var range = new TimeRange(start, request.TimeOrNull("end") ?? request.Now);
            values = request.TimeOrNull("as_of") is { } known
                ? await request.Provider.GetExternalIndicatorsAsync(name, range.Start, range.End, known, request.Ended).ConfigureAwait(false)
                : await request.Store.GetExternalIndicatorsAsync(name, range, request.Ended).ConfigureAwait(false);
        }
        else
        {
            values = await request.Provider.GetLatestExternalIndicatorAsync(name, request.TimeOrNull("as_of"), request.Ended).ConfigureAwait(false) is { } latest ? [latest] : [];
        }

        await request.SendAsync(StoreRecords.Of(values)).ConfigureAwait(false);
    }

    public static async Task RangeAsync(EndpointRequest request) =>
        await request.SendOneAsync(StoreRecords.Of(await request.Provider.GetDataRangeAsync(request.Text("symbol"), request.Ended).ConfigureAwait(false))).ConfigureAwait(false);
}
