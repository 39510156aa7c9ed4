using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KrakenDb.Simulator;

/// <summary>The handshake of RFC 6455.</summary>
internal static class WebSocketUpgrade
{
    /// <summary>Whether the request is one; if not, it is told so.</summary>
    public static async Task<bool> IsAskedAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.SecWebSocketKey.ToString().Length > 0)
            return true;

        await WireResponse.SendTextAsync(context, 426, "This address speaks WebSocket.\n").ConfigureAwait(false);
        return false;
    }

    public static Task<Stream> AcceptAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.SecWebSocketAccept = AcceptOf(context.Request.Headers.SecWebSocketKey.ToString());
        return context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

#pragma warning disable CA5350 // RFC 6455 says SHA-1.
    private static string AcceptOf(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
