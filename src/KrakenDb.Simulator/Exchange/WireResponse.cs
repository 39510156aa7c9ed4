using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>The ways in which bytes reach a client, or fail to.</summary>
internal static class WireResponse
{
    /// <summary>The query's arguments; of a POST, which Kraken takes too, also the form's.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadArgumentsAsync(HttpContext context)
    {
        var arguments = context.Request.Query.ToDictionary(entry => entry.Key, entry => entry.Value.ToString(), StringComparer.Ordinal);
        if (context.Request.HasFormContentType)
        {
            foreach (var (name, value) in await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false))
                arguments[name] = value.ToString();
        }

        return arguments;
    }

    /// <summary>The envelope; errors, too, come with status 200.</summary>
    public static Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body) => SendAsync(context, 200, "application/json", body);

    public static Task SendHtmlAsync(HttpContext context, int status, ReadOnlyMemory<byte> page) =>
        SendAsync(context, status, status >= 520 ? "text/html; charset=UTF-8" : "text/html", page);

    public static Task SendTextAsync(HttpContext context, int status, string text) =>
        SendAsync(context, status, "text/plain; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Half of what was announced, then the end of the connection.</summary>
    public static async Task CutAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body[..(body.Length / 2)], context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        context.Abort();
    }

    /// <summary>Nothing, until the client gives up, the time has passed or the exchange stops.</summary>
    public static async Task StaySilentAsync(HttpContext context, TimeSpan time, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await Task.Delay(time, TimeProvider.System, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client or the exchange went first.
        }

        context.Abort();
    }

    private static async Task SendAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
