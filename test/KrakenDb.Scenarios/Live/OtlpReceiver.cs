using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Scenarios.Live;

/// <summary>A receiver of metrics on loopback: http/protobuf over HTTP/1.1, gRPC over HTTP/2 without TLS. It keeps each instrument's last values.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, IReadOnlyList<double>> _values = new(StringComparer.Ordinal);

    private OtlpReceiver(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    /// <summary>Per instrument its points in the newest export.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Values => _values;

    public static async Task<OtlpReceiver> StartAsync(string protocol)
    {
        var isGrpc = protocol == "grpc";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._application.MapPost(
            isGrpc ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" : "/v1/metrics",
            (HttpContext context) => receiver.TakeAsync(context, isGrpc));
        await receiver._application.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task TakeAsync(HttpContext context, bool isGrpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);

        // A gRPC message has a byte for compression and four for its length before it; an empty one answers.
        Keep(body.ToArray().AsMemory(isGrpc ? 5 : 0));
        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    // ExportMetricsServiceRequest: resource_metrics = 1, scope_metrics = 2, metrics = 2; of a metric name = 1, gauge = 5, sum = 7; of those data_points = 1;
    // of a point as_double = 4, as_int = 6. (opentelemetry-proto, metrics.proto)
    private void Keep(ReadOnlyMemory<byte> request)
    {
        foreach (var metric in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
        {
            var points = Fields(metric, 5).Concat(Fields(metric, 7)).SelectMany(data => Fields(data, 1));
            _values[Encoding.UTF8.GetString(Fields(metric, 1).Single().Span)] =
            [
                .. points.Select(point => Fields(point, 6).Select(value => (double)BinaryPrimitives.ReadInt64LittleEndian(value.Span))
                    .Concat(Fields(point, 4).Select(value => BinaryPrimitives.ReadDoubleLittleEndian(value.Span))).Single()),
            ];
        }
    }

    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var length = (tag & 7) switch
            {
                0 => Skipped(message, at),
                1 => 8,
                2 => (int)Varint(message, ref at),
                5 => 4,
                var type => throw new InvalidDataException($"wire type {type}"),
            };
            if (tag >> 3 == (ulong)number)
            {
                found.Add(message.Slice(at, length));
            }

            at += length;
        }

        return found;
    }

    private static int Skipped(ReadOnlyMemory<byte> message, int at)
    {
        var end = at;
        Varint(message, ref end);
        return end - at;
    }

    private static ulong Varint(ReadOnlyMemory<byte> message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message.Span[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
