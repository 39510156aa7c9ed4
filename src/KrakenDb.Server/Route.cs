namespace KrakenDb.Server;

/// <summary>A kind of request that is answered.</summary>
/// <param name="Method"><c>GET</c>, …</param>
/// <param name="Path">Such as <c>/v1/candles</c>; a last segment <c>{id}</c> stands for any.</param>
/// <param name="Parameters">Those of the query, in the order of their description; one that must be given ends with <c>!</c>.</param>
/// <param name="AnswerAsync">Answers it.</param>
internal sealed record Route(string Method, string Path, string[] Parameters, Func<EndpointRequest, Task> AnswerAsync)
{
    private const string Segment = "{id}";

    /// <summary>Whether nobody has to show a token.</summary>
    public bool IsOpen { get; init; }

    public bool Matches(string path) => Path.EndsWith(Segment, StringComparison.Ordinal)
        ? path.StartsWith(Path[..^Segment.Length], StringComparison.Ordinal) && path.Length > Path.Length - Segment.Length && path.IndexOf('/', Path.Length - Segment.Length) < 0
        : path == Path;
}
