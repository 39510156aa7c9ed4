using System.Text;

namespace KrakenDb.Simulator;

/// <summary>The HTML that stands in front of the interface when it does not answer: of nginx, or of Cloudflare for what only that knows.</summary>
internal static class EdgePage
{
    private static readonly (int Status, string Title)[] Pages =
    [
        (502, "502 Bad Gateway"), (503, "503 Service Temporarily Unavailable"), (504, "504 Gateway Time-out"),
        (520, "api.kraken.com | 520: Web server is returning an unknown error"), (522, "api.kraken.com | 522: Connection timed out"),
        (525, "api.kraken.com | 525: SSL handshake failed"),
    ];

    public static (int Status, byte[] Body) Draw(ulong draw)
    {
        var (status, title) = Pages[draw % (ulong)Pages.Length];
        var text = status >= 520
            ? $"<!DOCTYPE html>\n<html class=\"no-js\" lang=\"en-US\">\n<head>\n<title>{title}</title>\n<meta charset=\"UTF-8\" />\n</head>\n<body>\n<div id=\"cf-wrapper\"><h1>Error {status}</h1></div>\n</body>\n</html>\n"
            : $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
        return (status, Encoding.UTF8.GetBytes(text));
    }
}
