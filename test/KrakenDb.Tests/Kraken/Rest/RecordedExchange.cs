using System.Net;
using System.Text;
using KrakenDb.Tests.House;

namespace KrakenDb.Tests.Kraken.Rest;

/// <summary>An exchange that answers with recorded or written bytes, one after another; the last one again and again.</summary>
internal sealed class RecordedExchange(params RecordedExchange.Answer[] answers) : HttpMessageHandler
{
    private static int _hosts;
    private int _next;

    public List<string> Requests { get; } = [];

    public static Answer File(string name) => new(HttpStatusCode.OK, System.IO.File.ReadAllBytes(Path.Combine(Required.SharedData(), "rest", name)));

    public static Answer Text(string body, HttpStatusCode status = HttpStatusCode.OK) => new(status, Encoding.UTF8.GetBytes(body));

    /// <summary>A client of this exchange that neither waits nor shares its pace with another test.</summary>
    public KrakenExchange Connect(Func<KrakenExchangeOptions, KrakenExchangeOptions>? change = null)
    {
        var options = new KrakenExchangeOptions
        {
            Address = new Uri($"http://recorded-{Interlocked.Increment(ref _hosts)}.test"),
            CallInterval = TimeSpan.Zero,
            LimitPause = TimeSpan.FromMilliseconds(1),
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        return new KrakenExchange(change is null ? options : change(options), catalog: null, this);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(request.RequestUri!.PathAndQuery);
        var answer = answers[Math.Min(_next++, answers.Length - 1)];
        return answer.Body is { } body
            ? Task.FromResult(new HttpResponseMessage(answer.Status) { Content = new ByteArrayContent(body) })
            : throw new HttpRequestException("Connection refused");
    }

    /// <param name="Status"></param>
    /// <param name="Body">Null: no connection.</param>
    internal sealed record Answer(HttpStatusCode Status, byte[]? Body);
}
