namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.logging.format</c></summary>
public enum LogFormat
{
    Text,
    Json,
}

/// <summary><c>dispatcher.telemetry</c></summary>
public sealed record TelemetrySettings
{
    /// <summary>Empty = nowhere, unless the environment says so.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary><c>http-protobuf</c> or <c>grpc</c>.</summary>
    public string OtlpProtocol { get; init; } = "http-protobuf";

    internal static TelemetrySettings From(CheckedSettings settings) => new()
    {
        OtlpEndpoint = settings.Text("dispatcher.telemetry.otlp-endpoint"),
        OtlpProtocol = settings.Text("dispatcher.telemetry.otlp-protocol"),
    };
}
