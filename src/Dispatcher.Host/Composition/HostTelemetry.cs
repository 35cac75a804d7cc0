using System.Reflection;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Kernel;
using Dispatcher.Web.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Dispatcher.Host.Composition;

/// <summary>Sends traces and metrics by OTLP, when an endpoint is set. Disposing sends what is left.</summary>
internal sealed class HostTelemetry : IDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Grpc = "grpc";

    /// <summary>Requests in, the engine's own spans, requests out.</summary>
    private static readonly string[] Sources = ["Microsoft.AspNetCore", Tracing.SourceName, "System.Net.Http"];

    private static readonly string[] Meters = [DispatcherEngine.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    private HostTelemetry(Uri endpoint, OtlpExportProtocol protocol)
    {
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resource()).AddSource(Sources)
            .AddOtlpExporter(options => Configure(options, endpoint, protocol, "v1/traces")).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource()).AddMeter(Meters)
            .AddOtlpExporter(options => Configure(options, endpoint, protocol, "v1/metrics")).Build();
    }

    /// <summary>Starts it, if the settings or the environment name an endpoint; null if not.</summary>
    /// <exception cref="CommandException">The endpoint is no address.</exception>
    public static HostTelemetry? Start(TelemetrySettings settings, HostEdges edges)
    {
        var endpoint = settings.OtlpEndpoint.Length > 0 ? settings.OtlpEndpoint : edges.Environment.GetValueOrDefault(EndpointVariable) ?? "";
        if (endpoint.Length == 0) return null;
        if (!Uri.TryCreate(endpoint.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new CommandException(ExitCode.Usage, $"'{endpoint}' is no OTLP endpoint: write http://HOST:4318 (dispatcher.telemetry.otlp-endpoint or {EndpointVariable}).");
        // ASP.NET Core names its spans by method and route only when it is asked to.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var protocol = edges.Environment.GetValueOrDefault(ProtocolVariable) ?? settings.OtlpProtocol;
        return new HostTelemetry(uri, protocol == Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf);
    }

    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    /// <summary>OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES stand over what the program says of itself.</summary>
    private static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService("dispatcher", serviceVersion: Assembly.GetExecutingAssembly().GetName().Version?.ToString(3))
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    /// <summary>Over HTTP each signal has a path of its own; over gRPC the address is all.</summary>
    private static void Configure(OtlpExporterOptions options, Uri endpoint, OtlpExportProtocol protocol, string path)
    {
        options.Protocol = protocol;
        options.Endpoint = protocol == OtlpExportProtocol.Grpc ? endpoint : new Uri(endpoint, path);
    }
}
