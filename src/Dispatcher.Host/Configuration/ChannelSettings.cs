namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.channels</c></summary>
public sealed record ChannelSettings
{
    public bool IsEnabled { get; init; }

    /// <summary>Empty = nobody is bound.</summary>
    public string BindingsFile { get; init; } = "";

    /// <summary>Empty = no channel <c>line</c>.</summary>
    public string LineUrl { get; init; } = "";

    public string LineTokenFile { get; init; } = "";

    public int MaxAttempts { get; init; } = 3;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public bool AllowPrivateAddresses { get; init; }

    internal static ChannelSettings From(CheckedSettings settings) => new()
    {
        IsEnabled = settings.Boolean("dispatcher.channels.enabled"),
        BindingsFile = settings.Text("dispatcher.channels.bindings-file"),
        LineUrl = settings.Text("dispatcher.channels.line-url"),
        LineTokenFile = settings.Text("dispatcher.channels.line-token-file"),
        MaxAttempts = settings.Integer("dispatcher.channels.max-attempts"),
        Timeout = settings.Duration("dispatcher.channels.timeout"),
        AllowPrivateAddresses = settings.Boolean("dispatcher.channels.allow-private-addresses"),
    };
}
