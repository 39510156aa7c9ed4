using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Server;

/// <summary>One request: its parameters as values, and the ways to answer it.</summary>
/// <param name="http">The request itself.</param>
/// <param name="ended">Cancelled when the client has left or the owner ends: passed on to the store, it interrupts what the engine does.</param>
internal sealed class EndpointRequest(HttpContext http, CancellationToken ended)
{
    private const int ValueLengthMax = 4096;
    private const int CandlesPerFlush = 1024;

    public HttpContext Http => http;

    public CancellationToken Ended => ended;

    public required IMarketReader Store { get; init; }

    public required HistoricalDataProvider Provider { get; init; }

    public required RunningCommands Commands { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public required OwnerDescription Owner { get; init; }

    public required bool IsAuthorized { get; init; }

    public DateTimeOffset Now => TimeProvider.GetUtcNow();

    /// <summary>json (default) or csv.</summary>
    public OutputFormat Format => Choice("format", ("json", OutputFormat.Json), ("csv", OutputFormat.Csv));

    public Holes Holes => Choice("holes", ("include", KrakenDb.Holes.Include), ("skip", KrakenDb.Holes.Skip), ("fail", KrakenDb.Holes.Fail));

    /// <exception cref="RequestRefusedException">A parameter that the route does not have, one that it needs is missing, or one is given twice.</exception>
    public void Check(Route route)
    {
        var known = Array.ConvertAll(route.Parameters, name => name.TrimEnd('!'));
        foreach (var (name, values) in http.Request.Query)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                var near = name.Length > 100 ? [] : known.Where(other => EditDistance.Between(other, name) <= 3).ToList();
                throw RequestRefusedException.Argument($"{route.Path} has no parameter '{name}'{(known.Length == 0 ? "" : $"; there are {string.Join(", ", known)}")}.", near);
            }

            if (values.Count != 1 || values[0] is not { Length: <= ValueLengthMax })
            {
                throw RequestRefusedException.Argument($"{name} is given more than once, or is longer than {ValueLengthMax} characters.");
            }
        }

        foreach (var needed in route.Parameters.Where(name => name.EndsWith('!')).Select(name => name.TrimEnd('!')))
        {
            if (TextOrNull(needed) is null)
            {
                throw RequestRefusedException.Argument($"{route.Path} needs the parameter {needed}.");
            }
        }
    }

    public string? TextOrNull(string name) => http.Request.Query[name] is [{ Length: > 0 } text] ? text : null;

    public string Text(string name) => TextOrNull(name) ?? throw RequestRefusedException.Argument($"{name} is missing.");

    public Interval Interval(string name) => Read(name, text => KrakenDb.Interval.Parse(text, CultureInfo.InvariantCulture));

    public IReadOnlyList<Interval>? Intervals(string name) => TextOrNull(name) is null
        ? null
        : Read(name, text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part => KrakenDb.Interval.Parse(part, CultureInfo.InvariantCulture)).ToList());

    public DateTimeOffset? TimeOrNull(string name) => TextOrNull(name) is null ? null : Read(name, text => TimeArgument.Parse(text, Now));

    public int Number(string name, int whenMissing, int least, int most = int.MaxValue) => TextOrNull(name) is null ? whenMissing : (int)Read(name, text => ParseNumber(text, least, most));

    public long LongNumber(string name, long whenMissing, long least = long.MinValue) => TextOrNull(name) is null ? whenMissing : Read(name, text => ParseNumber(text, least, long.MaxValue));

    public bool Flag(string name) => Choice(name, ("false", false), ("true", true));

    /// <summary>The body, as JSON or CSV by its content type; nobody may keep it.</summary>
    public Stream Begin(string contentType)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = contentType;
            http.Response.Headers.CacheControl = "no-store";
        }

        return http.Response.Body;
    }

    /// <summary>Rows: one array, or a header and a line per row.</summary>
    public Task SendAsync(Records records) => SendAsync(memory => records.WriteAll(memory, Format));

    /// <summary>The only row: one object, or a header and a line.</summary>
    public Task SendOneAsync(Records records) => SendAsync(memory => records.WriteOne(memory, Format));

    public async Task SendAsync(Action<Stream> write)
    {
        using var memory = new MemoryStream();
        write(memory);
        http.Response.ContentLength = memory.Length;
        await Begin(ContentType(Format)).WriteAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length), ended).ConfigureAwait(false);
    }

    /// <summary>A stream of candles, sent as it comes.</summary>
    public async Task SendAsync(IAsyncEnumerable<Candle> candles)
    {
        var format = Format;
        using var memory = new MemoryStream();
        var output = new Utf8Output(memory);
        var writer = new CandleWriter(output, format);
        writer.Begin();
        var count = 0;
        await foreach (var candle in candles.WithCancellation(ended).ConfigureAwait(false))
        {
            writer.Write(candle);
            if (++count % CandlesPerFlush == 0)
            {
                await FlushAsync().ConfigureAwait(false);
            }
        }

        writer.End();
        await FlushAsync().ConfigureAwait(false);

        async Task FlushAsync()
        {
            output.Flush();
            await Begin(ContentType(format)).WriteAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length), ended).ConfigureAwait(false);
            memory.SetLength(0);
        }
    }

    private static string ContentType(OutputFormat format) => format == OutputFormat.Csv ? "text/csv; charset=utf-8" : "application/json; charset=utf-8";

    private static long ParseNumber(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException(most is int.MaxValue or long.MaxValue ? $"'{text}' is not a whole number of at least {least}." : $"'{text}' is not a whole number from {least} to {most}.");

    private T Choice<T>(string name, params (string Name, T Value)[] choices)
    {
        if (TextOrNull(name) is not { } text)
        {
            return choices[0].Value;
        }

        foreach (var (choice, value) in choices)
        {
            if (choice.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw RequestRefusedException.Argument($"{name}: '{text}' is none of {string.Join(", ", choices.Select(choice => choice.Name))}.");
    }

    private T Read<T>(string name, Func<string, T> parse)
    {
        try
        {
            return parse(Text(name));
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw RequestRefusedException.Argument($"{name}: {exception.Message}");
        }
    }
}
