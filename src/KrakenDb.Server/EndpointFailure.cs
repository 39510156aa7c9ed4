using Microsoft.AspNetCore.Http;

namespace KrakenDb.Server;

/// <summary>What an exception means to a client: a status, and an error of the one shape.</summary>
internal static class EndpointFailure
{
    private const string SeeParameters = "docs/http-api.md lists every route with its parameters.";

    public static (int Status, EndpointError Error) Explain(Exception exception, bool isStopping) => exception switch
    {
        RequestRefusedException refused => (refused.Status, refused.Error),
        UnknownSymbolException unknown => (StatusCodes.Status404NotFound, Error(EndpointError.UnknownSymbol, unknown, "GET /v1/symbols lists what is stored.", unknown.NearMatches)),
        UnknownIntervalException => (StatusCodes.Status400BadRequest, Error(EndpointError.UnknownInterval, exception, "GET /v1/status lists what is stored of each symbol.")),
        IncompleteDataException => (StatusCodes.Status409Conflict, Error(EndpointError.IncompleteData, exception, "Fill the gaps (kraken-db fill-gaps), or ask with holes=include or holes=skip.")),
        _ when isStopping && exception is OperationCanceledException or ObjectDisposedException =>
            (StatusCodes.Status503ServiceUnavailable, new EndpointError { Code = EndpointError.Stopping, Message = "The owner of the store is ending.", NextStep = "Run the command again: a file is then opened directly." }),
        ArgumentException or FormatException => (StatusCodes.Status400BadRequest, Error(EndpointError.InvalidArgument, exception, SeeParameters)),
        BadHttpRequestException bad => (bad.StatusCode, Error(EndpointError.InvalidArgument, exception, SeeParameters)),
        MarketStoreException { IsTransient: true } => (StatusCodes.Status503ServiceUnavailable, Error(EndpointError.StoreBusy, exception, "Ask again in a moment.")),
        MarketStoreException => (StatusCodes.Status500InternalServerError, Error(EndpointError.Store, exception, "kraken-db health tells how the store stands.")),
        _ => (
            StatusCodes.Status500InternalServerError,
            Error(EndpointError.Internal, new InvalidOperationException($"Unexpected {exception.GetType().Name}: {exception.Message}"), "This is a fault of the program; its log has the details.")),
    };

    public static EndpointError Error(string code, Exception exception, string nextStep, IReadOnlyList<string>? nearMatches = null) => new()
    {
        Code = code,
        Message = Message(exception),
        NextStep = nextStep,
        NearMatches = nearMatches ?? [],
    };

    public static Task SendAsync(HttpContext context, int status, EndpointError error)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return context.Response.WriteAsJsonAsync(error, EndpointJson.Wire.EndpointError, contentType: "application/json; charset=utf-8", context.RequestAborted);
    }

    // ArgumentException appends the parameter's name, which means nothing to a reader of the message.
    private static string Message(Exception exception)
    {
        var message = exception is ArgumentException { ParamName: { } name } argument ? argument.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;
        return message.ReplaceLineEndings(" ").Trim();
    }
}

/// <summary>A request that is wrong in itself.</summary>
internal sealed class RequestRefusedException(int status, EndpointError error) : Exception(error.Message)
{
    public int Status { get; } = status;

    public EndpointError Error { get; } = error;

    public static RequestRefusedException Argument(string message, IReadOnlyList<string>? nearMatches = null) =>
        new(StatusCodes.Status400BadRequest, EndpointFailure.Error(EndpointError.InvalidArgument, new FormatException(message), "docs/http-api.md lists every route with its parameters.", nearMatches));
}
