using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace KrakenDb.Cli;

/// <summary>Sends the meter <c>KrakenDb</c> over OTLP where OTEL_EXPORTER_OTLP_ENDPOINT names a receiver; the other OTEL_ variables hold, too.</summary>
internal static class MetricsExport
{
    public const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Null where nothing is configured.</summary>
    public static IDisposable? Start() => string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(Variable))
        ? null
        : Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("kraken-db", serviceVersion: KrakenDbProgram.Version))
            .AddMeter(LiveMetrics.MeterName)
            .AddOtlpExporter()
            .Build();
}
