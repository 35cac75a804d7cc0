namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.callbacks</c></summary>
public sealed record CallbackSettings
{
    public int MaxConcurrency { get; init; } = 64;

    public int ReceiverMaxConcurrency { get; init; } = 8;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    public bool AllowPrivateAddresses { get; init; }

    internal static CallbackSettings From(CheckedSettings settings) => new()
    {
        MaxConcurrency = settings.Integer("dispatcher.callbacks.max-concurrency"),
        ReceiverMaxConcurrency = settings.Integer("dispatcher.callbacks.receiver-max-concurrency"),
        ConnectTimeout = settings.Duration("dispatcher.callbacks.connect-timeout"),
        Timeout = settings.Duration("dispatcher.callbacks.timeout"),
        AllowPrivateAddresses = settings.Boolean("dispatcher.callbacks.allow-private-addresses"),
    };
}
